// Charts as {width, height, body}: SVG with presentation attributes only, so that a chart looks the same
// in the page, in a file and on paper. Nothing is told by colour alone: shapes, hatching and words too.
import { html } from "./vendor/htm-preact.js";

export const COLOUR = {
  ink: "#1d2733",
  muted: "#596472",
  line: "#d8d4cb",
  faint: "#c9c5bc",
  paper: "#ffffff",
  usual: "#66707c",
  cells: "#0072b2",
  raises: "#0072b2",
  lowers: "#d55e00",
};
// Anchors of the cividis scale (Nunez, Anderton & Renslow 2018): even in lightness, safe for colour blindness.
const CIVIDIS = [
  [0, 34, 78],
  [53, 69, 108],
  [102, 105, 112],
  [148, 142, 119],
  [200, 184, 102],
  [254, 232, 56],
];

/** The hatchings that charts refer to; once in the page, and once in each exported file. */
export function hatchings() {
  return html`<defs>
    ${Object.entries({ raises: COLOUR.raises, lowers: COLOUR.lowers, usual: COLOUR.usual, silent: COLOUR.faint }).map(
      ([name, colour]) => html`<pattern id=${`hatch-${name}`} width="6" height="6" patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff" />
        <rect width="2.6" height="6" fill=${colour} /></pattern>`,
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
    <path d=${marks(start + sure, start + sure + perhaps, disc, 5.9)} fill="#ffffff" stroke=${colour}
      stroke-width="2.2" />
    <path d=${marks(start + sure + perhaps, 100, disc, 2)} fill=${COLOUR.faint} />`;
  return { width: 200, height: 200, body };
}

const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);

/** A whisker with its mark: a hollow disc for usual care, a diamond for cells. */
function whisker(x, y, { low, high, value }, kind) {
  const colour = kind === "usual" ? COLOUR.usual : COLOUR.cells;
  const at = x(value);
  const mark =
    kind === "usual"
      ? html`<circle cx=${at} cy=${y} r="5" fill="#ffffff" stroke=${colour} stroke-width="2.4" />`
      : html`<path d=${`M${at - 7} ${y}L${at} ${y - 7}L${at + 7} ${y}L${at} ${y + 7}Z`} fill=${colour} />`;
  return html`<line x1=${x(low)} x2=${x(high)} y1=${y} y2=${y} stroke=${colour} stroke-width="5" stroke-linecap="round"
    opacity="0.32" />${mark}`;
}

/** A scale about zero with one interval: the difference. */
export function differenceChart({ low, high, value }, width, text) {
  const reach = Math.max(0.1, Math.ceil(Math.max(Math.abs(low), Math.abs(high)) * 10) / 10);
  const x = scale(-reach, reach, 16, width - 16);
  const tick = (v, anchor) => label(x(v), 52, text.signed100(v), { anchor, size: 12, fill: COLOUR.muted });
  const body = html`${rule(x(-reach), 32, x(reach), 32)}${rule(x(0), 6, x(0), 38, COLOUR.ink)}
    ${whisker(x, 22, { low, high, value }, "cells")}
    ${tick(-reach, "start")}${tick(0, "middle")}${tick(reach, "end")}`;
  return { width, height: 58, body };
}

/** High, moderate and low as one bar of 100; the parts are named on it or above it. */
export function categoryChart(parts, width) {
  const fills = { high: "#0b4f7d", moderate: "#8fb4cd", low: "#ececE6" };
  const inks = { high: "#ffffff", moderate: COLOUR.ink, low: COLOUR.ink };
  let at = 0;
  const body = parts.map(({ id, share, words }) => {
    const from = at;
    at += share * width;
    const room = share * width > textWidth(words, 12) + 12;
    return html`<rect x=${from} y="0" width=${Math.max(0, share * width)} height="34" fill=${fills[id]}
      stroke="#ffffff" />
      ${room ? label(from + (share * width) / 2, 22, words, { anchor: "middle", size: 12, fill: inks[id] }) : null}`;
  });
  return { width, height: 34, body: html`<g>${body}</g>` };
}

/** Rows of usual care and cells over a scale from 0 to 100; each {name, usual, cells, note, silent, current}. */
export function rowsChart(rows, width, text) {
  const left = Math.min(width * 0.42, Math.max(...rows.map((row) => textWidth(row.name))) + 20);
  const x = scale(0, 1, left + 8, width - 14);
  const step = 54;
  const height = rows.length * step + 26;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (v) => html`${rule(x(v), 4, x(v), height - 22)}
    ${label(x(v), height - 6, text.of100(v), { anchor: "middle", size: 12, fill: COLOUR.muted })}`,
  );
  const body = html`${grid}${rows.map((row, i) => oneRow(row, i * step, { x, left, width, step }))}`;
  return { width, height, body };
}

function oneRow(row, top, { x, left, width, step }) {
  const middle = top + step / 2;
  const words = lines(row.name, left - 14).slice(0, 2);
  const names = words.map((line, i) =>
    label(0, middle + 4 + (i - (words.length - 1) / 2) * 16, line, { weight: row.current ? 700 : 400 }),
  );
  const silent = row.silent
    ? html`<rect x=${x(0)} y=${top + 8} width=${x(1) - x(0)} height=${step - 16} fill="url(#hatch-silent)"
      opacity="0.55" />`
    : null;
  const drawn = row.silent
    ? html`<rect x=${x(0.5) - textWidth(row.silentWords) / 2 - 8} y=${middle - 12}
      width=${textWidth(row.silentWords) + 16} height="24" fill="#ffffff" />
      ${label(x(0.5), middle + 5, row.silentWords, { anchor: "middle" })}`
    : html`${whisker(x, middle - 9, row.usual, "usual")}${whisker(x, middle + 9, row.cells, "cells")}`;
  const marker = row.current
    ? html`<rect x="-4" y=${top + 6} width="3" height=${step - 12} fill=${COLOUR.ink} />`
    : null;
  return html`${silent}${marker}${names}${drawn}
    ${rule(0, top + step, width, top + step, "#efece5")}`;
}

export function cividis(share) {
  const at = Math.min(0.9999, Math.max(0, share)) * (CIVIDIS.length - 1);
  const [low, high] = [CIVIDIS[Math.floor(at)], CIVIDIS[Math.floor(at) + 1]];
  const mixed = low.map((v, i) => Math.round(v + (high[i] - v) * (at % 1)));
  return { fill: `rgb(${mixed.join(",")})`, ink: share > 0.5 ? "#101418" : "#ffffff" };
}

/** A heat map: columns and rows of levels, a number in every cell; cells without evidence are hatched. */
export function heatChart({ columns, rows, cells }, width) {
  const left = Math.min(width * 0.34, Math.max(...rows.map((row) => textWidth(row.name))) + 16);
  const wide = (width - left) / columns.length;
  const heads = columns.map((column) => lines(column.name, wide - 8, 12));
  const top = Math.max(...heads.map((head) => head.length)) * 15 + 12;
  const values = cells
    .flat()
    .filter((cell) => !cell.silent)
    .map((cell) => cell.value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const share = (value) => (high > low ? (value - low) / (high - low) : 0.5);
  const named = heads.map((head, c) =>
    head.map((line, i) =>
      label(left + (c + 0.5) * wide, top - 8 - (head.length - 1 - i) * 15, line, { anchor: "middle", size: 12 }),
    ),
  );
  const body = html`${named}${rows.map((row, r) => heatRow(row, cells[r], { left, wide, top: top + r * 48, share }))}`;
  return { width, height: top + rows.length * 48 + 4, body };
}

function heatRow(row, cells, { left, wide, top, share }) {
  const words = lines(row.name, left - 12, 13).slice(0, 2);
  const names = words.map((line, i) => label(0, top + 28 + (i - (words.length - 1) / 2) * 15, line));
  return html`${names}${cells.map((cell, c) => heatCell(cell, left + c * wide, top, wide, share))}`;
}

function heatCell(cell, x, y, wide, share) {
  const { fill, ink } = cell.silent ? { fill: "url(#hatch-silent)", ink: COLOUR.ink } : cividis(share(cell.value));
  const frame = cell.current
    ? html`<rect x=${x + 4} y=${y + 4} width=${wide - 8} height="38" fill="none" stroke=${ink}
    stroke-width="2.5" />`
    : null;
  const plate = cell.silent
    ? html`<rect x=${x + wide / 2 - 14} y=${y + 12} width="28" height="22" fill="#ffffff" />`
    : null;
  return html`<rect x=${x + 1} y=${y + 1} width=${Math.max(0, wide - 2)} height="44" fill=${fill} />${plate}${frame}
    ${label(x + wide / 2, y + 28, cell.words, { anchor: "middle", fill: ink, weight: 600 })}`;
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
    return html`${rule(x(0), y(v), x(last), y(v), "#efece5")}
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

/** A waterfall of rows {name, from, studies, claims, words, total}, on a scale that holds them all. */
export function waterfallChart(rows, width) {
  const left = Math.min(width * 0.4, Math.max(...rows.map((row) => textWidth(row.name))) + 16);
  const place = waterfallScale(rows);
  const x = (share) => left + (share / 100) * (width - left - 64);
  const body = rows.map(
    (row, i) => html`${label(0, i * 30 + 20, lines(row.name, left - 8)[0])}
    ${segments(row, place).map(
      (s) => html`<rect x=${x(s.x)} y=${i * 30 + 6} width=${x(s.x + s.width) - x(s.x)} height="18"
      fill=${s.fill} stroke=${s.stroke} />`,
    )}
    ${label(width, i * 30 + 20, row.words, { anchor: "end" })}`,
  );
  return {
    width,
    height: rows.length * 30 + 6,
    body: html`${rule(x(place(0)), 0, x(place(0)), rows.length * 30, COLOUR.muted, "2 3")}${body}`,
  };
}

/** Where a value of the waterfall stands, in per cent of its width. */
export function waterfallScale(rows) {
  const ends = rows.flatMap((row) => [row.from, row.from + row.studies, row.from + row.studies + row.claims, 0]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low || 1) * 0.04;
  return scale(low - room, high + room, 0, 100);
}

/** The bars of a waterfall row: from studies solid, from claims hatched; totals in grey. */
export function segments(row, place) {
  const middle = row.from + row.studies;
  const parts = [
    [row.from, middle, false],
    [middle, middle + row.claims, true],
  ];
  return parts
    .filter(([a, b]) => a !== b)
    .map(([a, b, claim]) => {
      const name = b > a ? "raises" : "lowers";
      const colour = row.total ? COLOUR.usual : COLOUR[name];
      const hatch = `url(#hatch-${row.total ? "usual" : name})`;
      const [start, end] = [place(Math.min(a, b)), place(Math.max(a, b))];
      return { x: start, width: Math.max(0.4, end - start), fill: claim ? hatch : colour, stroke: colour };
    });
}
