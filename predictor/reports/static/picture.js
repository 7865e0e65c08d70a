// The one picture: usual care and with cells on an axis from 0 to 100, the gap bracketed, the classes of what cells add.
import { html } from "./vendor/htm-preact.js";
import { band } from "./cannot.js";
import { CLASS_FILL, COLOUR, iconArray, label, ON_CLASS, plate, textWidth } from "./charts.js";
import { ADDED } from "./engine.js";
import { classRange, signedSpan, span } from "./words.js";

const SIDE = 12;
const TOP = 8;
const ROW = 42;
const percent = (x) => Math.round(x * 100) / 100;

/** From a chance to pixels, on an axis of that width. */
export const axis = (width) => (chance) => percent(SIDE + chance * (width - 2 * SIDE));

/** The axis with its figures, and fine lines through the picture. */
export function axisBody(width, height, text) {
  const x = axis(width);
  return [0, 0.25, 0.5, 0.75, 1].map(
    (at) => html`<rect x=${x(at) - 0.5} y="0" width="1" height=${height} fill=${COLOUR.line} />
    ${label(x(at), height + 15, text.of100(at), { anchor: "middle", size: 12, fill: COLOUR.muted })}`,
  );
}

/** An interval with its mark: a hollow disc for usual care, a diamond for cells. */
export function whisker(x, y, { low, high, probability }, kind) {
  const colour = COLOUR[kind];
  const mark =
    kind === "usual"
      ? html`<circle cx="0" cy="0" r="6" fill=${COLOUR.paper} stroke=${colour} stroke-width="3" />`
      : html`<path d="M-8 0L0 -8L8 0L0 8Z" fill=${colour} />`;
  return html`<rect x=${x(low)} y=${y - 5} width=${Math.max(1, x(high) - x(low))} height="10" rx="5" fill=${colour}
      opacity="0.35" /><svg x=${x(probability)} y=${y} overflow="visible">${mark}</svg>`;
}

/** The interval with its mark as a key of a legend: the two colours are equally bright, the marks differ. */
export const chanceKey = (kind) =>
  html`<g transform="translate(0 6) scale(0.7)">${whisker((at) => 31 * at, 0, { low: 0, high: 1, probability: 0.5 }, kind)}</g>`;

function row(x, y, chance, kind, { name, text, width }) {
  const words = text.told(name, text("explain.of_100", { value: text.of100(chance.probability) }));
  const range = text.bracket(span(chance, text));
  const at = textWidth(words + range, 14) + 8 > width ? 12 : 14;
  return html`<text x="0" y=${y} font-size=${at} fill=${COLOUR.ink}><tspan font-weight="650">${words}</tspan>${range}</text>
    ${whisker(x, y + 15, chance, kind)}`;
}

/** The gap between the two best estimates: a bracket below them, with the difference in patients of 100. */
function bracket(x, y, { usual_care: usual, with_cells: cells, difference }, { text, width }) {
  const [from, to] = [usual.probability, cells.probability].map(x).sort((a, b) => a - b);
  const words = text("explain.of_100", { value: text.signed100(difference.value) }) + text.bracket(signedSpan(difference, text));
  const half = textWidth(words, 15) / 2;
  const middle = Math.min(width - half, Math.max(half, (from + to) / 2));
  const post = (at) => html`<rect x=${at - 1} y=${y} width="2" height="8" fill=${COLOUR.ink} />`;
  return html`${post(from)}${post(to)}
    <rect x=${from} y=${y + 7} width=${Math.max(1, to - from)} height="2" fill=${COLOUR.ink} />
    <svg x=${middle} y=${y + 24} overflow="visible">${label(0, 0, words, { anchor: "middle", size: 13, weight: 650 })}</svg>`;
}

/** The four classes as one bar of 100, from the loss to the gain; `fewer` is hatched too, for eyes without colours. */
function classBar(y, added, { text, width }) {
  const whole = text.wholes(ADDED.map((name) => added.probabilities[name]));
  let from = 0;
  return ADDED.map((name, i) => {
    const [x, wide] = [from * width, added.probabilities[name] * width];
    from += added.probabilities[name];
    const words = text("explain.percent", { value: whole[i] });
    return html`<rect x=${percent(x)} y=${y} width=${percent(Math.max(0, wide))} height="30" fill=${CLASS_FILL[name]}
      stroke=${COLOUR.paper} />${wide > textWidth(words, 13) + 8 ? html`<svg x=${percent(x + wide / 2)} y=${y + 20}
      overflow="visible">${plate(0, -14, textWidth(words, 13) + 6, 18, name)}${label(0, 0, words, { anchor: "middle", size: 13, weight: 650, fill: ON_CLASS[name] })}
      </svg>` : null}`;
  });
}

/** What the colours of the bar mean: class, bounds and chance. */
function classKey(y, added, { rules, text, width }) {
  const whole = text.wholes(ADDED.map((name) => added.probabilities[name]));
  const columns = width < 560 ? 2 : 4;
  return ADDED.map((name, i) => {
    const [x, top] = [(i % columns) * (width / columns), y + Math.floor(i / columns) * 38];
    const inside = added.set.includes(name);
    return html`<rect x=${x} y=${top} width="11" height="11" fill=${CLASS_FILL[name]} stroke=${COLOUR.muted} />
      ${label(x + 17, top + 10, `${text.capital(text(`added.${name}`))} ${text("explain.percent", { value: whole[i] })}`, { size: 13, weight: inside ? 700 : 400 })}
      ${label(x + 17, top + 26, classRange(name, rules, text), { size: 12, fill: COLOUR.muted })}`;
  });
}

/** The picture of an answer that may be told. */
export function answerPicture(answer, { rules, text, width }) {
  const x = axis(width);
  const named = (name) => ({ name: text(`page.${name}`), text, width });
  const bottom = TOP + 2 * ROW + 34;
  const bar = bottom + 42;
  const body = html`${axisBody(width, bottom, text)}
    ${row(x, TOP + 8, answer.usual_care, "usual", named("usual_care"))}
    ${row(x, TOP + 8 + ROW, answer.with_cells, "cells", named("with_cells"))}
    ${bracket(x, TOP + 2 * ROW - 2, answer, { text, width })}
    ${label(0, bar - 8, text("page.classes"), { size: 13, weight: 650 })}
    ${classBar(bar, answer.added_response, { text, width })}
    ${classKey(bar + 42, answer.added_response, { rules, text, width })}`;
  return { width, height: bar + 42 + (width < 560 ? 70 : 32), body };
}

/** The picture of an answer that cannot be given: the axis under a hatched band. */
export function silentPicture(width, text) {
  const x = axis(width);
  const body = html`${axisBody(width, 96, text)}${band(x(0), 8, x(1) - x(0), 80, text("category.cannot_say"))}`;
  return { width, height: 116, body };
}

/** The same small: only the intervals and the bar of classes. */
export function smallPicture(answer, { text, width }) {
  const x = axis(width);
  const body = html`${axisBody(width, 44, text)}${whisker(x, 12, answer.usual_care, "usual")}
    ${whisker(x, 32, answer.with_cells, "cells")}${classBar(64, answer.added_response, { text, width })}`;
  return { width, height: 96, body };
}

/** Twice one hundred patients: so many respond, the ring of those who may. */
export function iconPicture(answer, { text, width }) {
  const side = Math.min(200, (width - 24) / 2);
  const one = (name, x, colour) => {
    const { probability, high } = answer[name];
    const sure = Math.round(100 * probability);
    const icons = iconArray({ sure, perhaps: Math.round(100 * high) - sure, colour });
    const words = text.told(text(`page.${name}`), text.of100(probability));
    return html`${label(x, 16, words, { size: 14, weight: 650 })}<svg x=${x} y="28" width=${side} height=${side}
      viewBox="0 0 200 200">${icons.body}</svg>`;
  };
  const body = html`${one("usual_care", 0, COLOUR.usual)}${one("with_cells", side + 24, COLOUR.cells)}`;
  return { width, height: side + 34, body };
}

/** All numbers of the picture as a table. */
export function pictureTable({ usual_care: usual, with_cells: cells, difference, added_response: added }, { rules, text }) {
  const head = ["", text("page.best_estimate"), text("page.low"), text("page.high")];
  const chance = (name, c, shown = text.of100) => [text(`page.${name}`), shown(c.probability ?? c.value), shown(c.low), shown(c.high)];
  const whole = text.wholes(ADDED.map((name) => added.probabilities[name]));
  const classes = ADDED.map((name, i) => [
    text(`added.${name}`) + text.bracket(classRange(name, rules, text)),
    text("explain.percent", { value: whole[i] }),
    "",
    "",
  ]);
  return {
    head,
    rows: [chance("usual_care", usual), chance("with_cells", cells), chance("difference", difference, text.signed100), ...classes],
  };
}
