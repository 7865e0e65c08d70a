// Charts as {width, height, body}: SVG with presentation attributes only, so that a chart looks the same
// in the page, in a file and on paper. Nothing is told by colour alone: shapes, hatching and words too.
import { html } from "./vendor/htm-preact.js";

/** Every colour, as the page's own variable, which dark mode changes, with its value on paper and in files. */
export const COLOUR = {
  ink: "var(--ink, #1d2733)",
  muted: "var(--muted, #56606d)",
  line: "var(--line, #d8d4cb)",
  faint: "var(--faint, #d3cfc5)",
  stripe: "var(--stripe, #e6e2d9)",
  paper: "var(--paper, #ffffff)",
  usual: "var(--usual, #66707c)",
  cells: "var(--cells, #0072b2)",
  band: "var(--cells, #0072b2)",
  raises: "var(--cells, #0072b2)",
  lowers: "var(--lowers, #d55e00)",
  fewer: "var(--fewer, #d55e00)",
  little_or_none: "var(--little, #eae6dc)",
  some: "var(--some, #4489b8)",
  many: "var(--many, #06304f)",
};
/** What can be read on a class of what cells add. */
export const ON_CLASS = {
  fewer: "var(--on-fewer, #1d1208)",
  little_or_none: "var(--on-little, #1d2733)",
  some: "var(--on-some, #000a12)",
  many: "var(--on-many, #ffffff)",
};

/** What fills a class: `fewer` is hatched too, for eyes and printers without colours. */
export const CLASS_FILL = { ...COLOUR, fewer: "url(#hatch-fewer)" };
const HATCHED = {
  ...{ raises: [COLOUR.raises, 2.6], lowers: [COLOUR.lowers, 2.6], usual: [COLOUR.usual, 2.6], silent: [COLOUR.faint, 2.6] },
  fewer: [COLOUR.fewer, 4.6],
};
/** The plain colour behind words on a hatched class. */
export const plate = (middle, y, width, height, name, opacity) =>
  CLASS_FILL[name] === COLOUR[name] ? null : html`<rect x=${middle - width / 2} y=${y} width=${width} height=${height} rx="3"
    fill=${COLOUR[name]} fill-opacity=${opacity} />`;

/** The sign of a class in a heat map, where its colour is faded. */
const SIGN = { fewer: "−", little_or_none: "0", some: "+", many: "++" };
export const signOf = (name) => SIGN[name];

/** The hatchings that charts refer to; once in the page, and once in each exported file. */
export function hatchings() {
  return html`<defs>
    ${Object.entries(HATCHED).map(
      ([name, [colour, wide]]) => html`<pattern id=${`hatch-${name}`} width="6" height="6" patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"><rect width="6" height="6" fill=${COLOUR.paper} />
        <rect width=${wide} height="6" fill=${colour} /></pattern>`,
    )}
  </defs>`;
}

export const label = (x, y, words, { anchor = "start", size = 13, fill = COLOUR.ink, weight = 400 } = {}) =>
  html`<text x=${x} y=${y} text-anchor=${anchor} font-size=${size} fill=${fill} font-weight=${weight}>${words}</text>`;

const rule = (x1, y1, x2, y2, stroke = COLOUR.line, dash) =>
  html`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2} stroke=${stroke} stroke-dasharray=${dash} />`;

/** The width of a text, roughly: Chinese characters are as wide as they are high. */
export function textWidth(words, size = 13) {
  return [...String(words)].reduce((sum, ch) => sum + (ch.charCodeAt(0) > 0x2e80 ? size : size * 0.54), 0);
}

/** The text in lines no wider than so many pixels, broken at spaces or between Chinese characters. */
export function lines(words, width, size = 13) {
  const parts = String(words).match(/[\u2e80-\uffff][，。；：、）》”]*|[^\s\u2e80-\uffff]+\s*|\s+/g) || [];
  const found = [""];
  for (const part of parts) {
    if (textWidth(found.at(-1) + part.trimEnd(), size) > width && found.at(-1)) found.push("");
    found[found.length - 1] += part;
  }
  return found.map((line) => line.trimEnd());
}

const disc = (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
const cross = (x, y, r) => `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`;

function marks(from, to, shape, r) {
  let path = "";
  for (let i = Math.max(0, from); i < Math.min(100, to); i++) {
    path += shape(10 + (i % 10) * 20, 10 + Math.floor(i / 10) * 20, r);
  }
  return path;
}

/** One hundred patients: so many surely, so many perhaps, the rest not. `lost`: crosses that come first. */
export function iconArray({ sure, perhaps, lost = 0, colour }) {
  const start = lost;
  const body = html`
    <path d=${marks(0, lost, cross, 4.6)} stroke=${COLOUR.lowers} stroke-width="2.4" stroke-linecap="round" />
    <path d=${marks(start, start + sure, disc, 7)} fill=${colour} />
    <path d=${marks(start + sure, start + sure + perhaps, disc, 5.9)} fill=${COLOUR.paper} stroke=${colour}
      stroke-width="2.2" />
    <path d=${marks(start + sure + perhaps, 100, disc, 2)} fill=${COLOUR.faint} />`;
  return { width: 200, height: 200, body };
}

const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);

const GRID = [0, 0.25, 0.5, 0.75, 1];

/** Rows of usual care and cells over a scale from 0 to 100; each {name, usual, cells, silent, current}. */
export function rowsChart(rows, width, text, { whisker, band }) {
  const left = Math.min(width * 0.42, Math.max(...rows.map((row) => textWidth(row.name))) + 20);
  const x = scale(0, 1, left + 8, width - 14);
  const step = 46;
  const height = rows.length * step + 26;
  const grid = GRID.map(
    (v) => html`${rule(x(v), 4, x(v), height - 22)}
    ${label(x(v), height - 6, text.of100(v), { anchor: "middle", size: 12, fill: COLOUR.muted })}`,
  );
  const silent = text("category.cannot_say");
  const body = html`${grid}${rows.map((row, i) => oneRow(row, i * step, { x, left, width, step, silent, whisker, band }))}`;
  return { width, height, body };
}

function oneRow(row, top, { x, left, width, step, silent, whisker, band }) {
  const middle = top + step / 2;
  const words = lines(row.name, left - 14).slice(0, 2);
  const names = words.map((line, i) =>
    label(0, middle + 4 + (i - (words.length - 1) / 2) * 16, line, { weight: row.current ? 700 : 400 }),
  );
  const drawn = row.silent
    ? band(x(0), top + 6, x(1) - x(0), step - 12, silent)
    : html`${whisker(x, middle - 8, row.usual, "usual")}${whisker(x, middle + 8, row.cells, "cells")}`;
  const marker = row.current
    ? html`<rect x="-6" y=${top + 6} width="3" height=${step - 12} fill=${COLOUR.ink} />`
    : null;
  return html`${marker}${names}${drawn}${rule(0, top + step, width, top + step)}`;
}

/** How far the colour of a heat cell holds, by the certainty of its answer. */
const FADED = { moderate: 1, low: 0.7, very_low: 0.4 };

/** A heat map: the class of what cells add as colour, faded where it is uncertain, and the number in every cell. */
export function heatChart({ columns, rows, cells }, width, { band }) {
  const left = Math.min(width * 0.34, Math.max(...rows.map((row) => textWidth(row.name))) + 16);
  const wide = (width - left) / columns.length;
  const heads = columns.map((column) => lines(column.name, wide - 8, 12));
  const top = Math.max(...heads.map((head) => head.length)) * 15 + 12;
  const named = heads.map((head, c) =>
    head.map((line, i) =>
      label(left + (c + 0.5) * wide, top - 8 - (head.length - 1 - i) * 15, line, { anchor: "middle", size: 12 }),
    ),
  );
  const body = html`${named}${rows.map((row, r) => heatRow(row, cells[r], { left, wide, top: top + r * 48, band }))}`;
  return { width, height: top + rows.length * 48 + 4, body };
}

function heatRow(row, cells, { left, wide, top, band }) {
  const words = lines(row.name, left - 12, 13).slice(0, 2);
  const names = words.map((line, i) => label(0, top + 28 + (i - (words.length - 1) / 2) * 15, line));
  return html`${names}${cells.map((cell, c) => heatCell(cell, left + c * wide, top, wide, band))}`;
}

const onFaded = (category, faded) =>
  faded === 1 || category === "little_or_none" || (category === "many" && faded > 0.6) ? ON_CLASS[category] : COLOUR.ink;

function heatCell(cell, x, y, wide, band) {
  const box = { x: x + 1, y: y + 1, width: Math.max(0, wide - 2), height: 44 };
  const frame = cell.current
    ? html`<rect x=${x + 3} y=${y + 3} width=${wide - 6} height="40" fill="none" stroke=${COLOUR.ink} stroke-width="2.5" />`
    : null;
  if (cell.silent) return html`${band(box.x, box.y, box.width, box.height, "")}${frame}`;
  const faded = FADED[cell.certainty];
  return html`<rect ...${box} fill=${CLASS_FILL[cell.category]} fill-opacity=${faded} />${frame}
    ${plate(x + wide / 2, y + 8, 36, 34, cell.category, faded)}
    ${label(x + wide / 2, y + 38, signOf(cell.category), { anchor: "middle", size: 12, fill: onFaded(cell.category, faded) })}
    ${label(x + wide / 2, y + 22, cell.words, { anchor: "middle", fill: onFaded(cell.category, faded), weight: 600 })}`;
}

const DASHES = [undefined, "9 3", "5 3", "2 3", "9 3 2 3"];

/** What happens without cells: a curve for each group, the patient's place marked. */
export function curveChart({ curves, here, last, range, words }, width) {
  const height = 300;
  const x = scale(0, last, 34, width - 84);
  const y = scale(range[0], range[1], height - 44, 12);
  const bottom = y(range[0]);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const v = range[0] + share * (range[1] - range[0]);
    return html`${rule(x(0), y(v), x(last), y(v), COLOUR.line)}
    ${label(x(0) - 8, y(v) + 4, v, { anchor: "end", size: 12, fill: COLOUR.muted })}`;
  });
  const ticks = [0, 1, 2, 3, 4, 5]
    .map((fifth) => (fifth * last) / 5)
    .map((v) => label(x(v), bottom + 20, v, { anchor: "middle", size: 12, fill: COLOUR.muted }));
  const mark =
    here === null || here > last
      ? null
      : html`${rule(x(here), 10, x(here), bottom, COLOUR.lowers, "3 3")}
    ${label(x(here) + 5, bottom - 8, words.here, { size: 12 })}`;
  const body = html`${grid}${ticks}${mark}${curves.map((curve, i) => oneCurve(curve, i, { x, y, last }))}
    ${label(x(last / 2), height - 6, words.axis, { anchor: "middle", size: 12, fill: COLOUR.muted })}`;
  return { width, height, body };
}

function oneCurve(curve, i, { x, y, last }) {
  const along = Array.from({ length: 61 }, (_, k) => (k / 60) * last);
  const path = along.map((at, k) => `${k ? "L" : "M"}${x(at).toFixed(1)} ${y(curve.points(at)).toFixed(1)}`).join("");
  return html`<path d=${path} fill="none" stroke=${COLOUR.ink} stroke-width="1.8"
    stroke-dasharray=${DASHES[i % DASHES.length]} />
    ${label(x(last) + 6, y(curve.points(last)) + 4, curve.name, { size: 12 })}`;
}

/** A waterfall of rows {name, from, to, words, claims, total} in patients of 100, on a scale that holds them all. */
export function waterfallChart(rows, width) {
  const left = Math.min(width * 0.4, Math.max(...rows.map((row) => textWidth(row.name))) + 16);
  const place = waterfallScale(rows);
  const x = (share) => left + (share / 100) * (width - left - 64);
  const body = rows.map((row, i) => {
    const bar = barOf(row, place);
    return html`${label(0, i * 30 + 20, lines(row.name, left - 8)[0])}
    <rect x=${x(bar.x)} y=${i * 30 + 6} width=${x(bar.x + bar.width) - x(bar.x)} height="18" fill=${bar.fill}
      stroke=${bar.stroke} />${label(width, i * 30 + 20, row.words, { anchor: "end" })}`;
  });
  const zero = rule(x(place(0)), 0, x(place(0)), rows.length * 30, COLOUR.muted, "2 3");
  return { width, height: rows.length * 30 + 6, body: html`${zero}${body}` };
}

/** Where a value of the waterfall stands, in per cent of its width. */
export function waterfallScale(rows) {
  const ends = rows.flatMap((row) => [row.from, row.to, 0]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low || 1) * 0.04;
  return scale(low - room, high + room, 0, 100);
}

/** The bar of a waterfall row: solid where studies make most of it, hatched where claims do; totals in grey. */
export function barOf(row, place) {
  const name = row.total ? "usual" : row.to >= row.from ? "raises" : "lowers";
  const colour = COLOUR[name];
  const [start, end] = [row.from, row.to].map(place).sort((a, b) => a - b);
  return { x: start, width: Math.max(0.4, end - start), fill: row.claims ? `url(#hatch-${name})` : colour, stroke: colour };
}

/** A legend of keys [fill or drawing, words, stroke]; a key never parts from its words. */
export const Legend = ({ keys }) =>
  html`<p class="legend">${keys.map(([fill, words, stroke]) => html`<span><${Key} fill=${fill} stroke=${stroke} />${words}</span>`)}</p>`;

/** A key of a legend as a drawing, so that it prints without backgrounds. */
function Key({ fill, stroke = fill }) {
  const swatch = html`<rect x="0.5" y="0.5" width="21" height="11" fill=${fill} stroke=${stroke} />`;
  return html`<svg class="key" aria-hidden="true" width="22" height="12">${typeof fill === "string" ? swatch : fill}</svg>`;
}
