// A chart in the page: drawn to its width, with all its numbers as a table, and as SVG or PNG to keep.
import { html, render, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { COLOUR, hatchings, label, lines } from "./charts.js";

const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Noto Sans CJK SC', sans-serif";

const EXPORTED = 760;
/** A colour of the page, of which a file keeps the value on paper. */
const VARIABLE = /var\(--[\w-]+, (#\w+)\)/g;

/** The width of an element in whole pixels, kept up to date. */
export function useWidth(first = 640) {
  const element = useRef(null);
  const [width, setWidth] = useState(first);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(240, Math.floor(entry.contentRect.width))));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

export function Drawing({ chart, name, className }) {
  return html`<svg class=${className} role="img" aria-label=${name} width=${chart.width} height=${chart.height}
    viewBox=${`0 0 ${chart.width} ${chart.height}`} font-family=${FONT}>${chart.body}</svg>`;
}

/** A table of numbers: {head: [...], rows: [[...]]}; the first cell of a row names it. */
export function Table({ head, rows, caption }) {
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${caption}><table>
    <caption class="hidden">${caption}</caption>
    <thead><tr>${head.map((cell) => (cell ? html`<th scope="col">${cell}</th>` : html`<td></td>`))}</tr></thead>
    <tbody>${rows.map(
      (row) =>
        html`<tr>${row.map((cell, i) => (i ? html`<td>${cell}</td>` : html`<th scope="row">${cell}</th>`))}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** A figure: draw(width) gives the chart; `table` all its numbers; `note` tells its marks; `keep` holds what
 * an exported file must carry; `tools` stands beside the buttons. */
export function Figure({ title, name, draw, table, text, keep, note, tools, drawing = true, children }) {
  const [element, width] = useWidth();
  const save = (kind) =>
    saveChart(draw(EXPORTED), kind, { title, name, notes: note ? [note, ...keep.notes] : keep.notes });
  const button = (kind) => html`<button type="button" class="quiet save"
    aria-label=${text.told(text(`page.figure.${kind}`), title)} onClick=${() => save(kind)}>${kind.toUpperCase()}</button>`;
  return html`<figure ref=${element}>
    ${drawing ? html`<${Drawing} chart=${draw(width)} name=${title} />` : null}
    ${children}
    <figcaption class="tools">${table ? html`<${Numbers} table=${table} text=${text} title=${title} />` : null}
      ${tools}${button("svg")}${button("png")}</figcaption>
  </figure>`;
}

/** All numbers of a figure, in a table that is made when it is opened. */
function Numbers({ table, text, title }) {
  const [open, setOpen] = useState(false);
  return html`<details class="numbers" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${text("page.figure.numbers")}</summary>${open ? html`<${Table} ...${table} caption=${title} />` : null}
    </details>`;
}

/** The chart as a document of its own, with its title, and below it certainty, caveat and version. */
export function standalone(chart, { title, notes }) {
  const width = chart.width + 48;
  const head = lines(title, chart.width, 17);
  const foot = notes.flatMap((note) => lines(note, chart.width, 12));
  const top = head.length * 24 + 24;
  const height = top + chart.height + foot.length * 18 + 36;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width=${width} height=${height}
    viewBox=${`0 0 ${width} ${height}`}
    font-family=${FONT}>${hatchings()}<rect width=${width} height=${height} fill=${COLOUR.paper} />
    ${head.map((line, i) => label(24, 36 + i * 24, line, { size: 17, weight: 600 }))}
    <g transform=${`translate(24 ${top})`}>${chart.body}</g>
    ${foot.map((line, i) => label(24, top + chart.height + 28 + i * 18, line, { size: 12, fill: COLOUR.muted }))}
      </svg>`;
}

export function svgText(chart, keep) {
  const holder = document.createElement("div");
  render(standalone(chart, keep), holder);
  return new XMLSerializer().serializeToString(holder.firstChild).replace(VARIABLE, "$1");
}

async function saveChart(chart, kind, keep) {
  const svg = new Blob([svgText(chart, keep)], { type: "image/svg+xml" });
  if (kind === "svg") download(svg, `${keep.name}.svg`);
  else download(await asPng(svg), `${keep.name}.png`);
}

/** A picture of an SVG file, at twice its size. */
async function asPng(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width * 2, image.height * 2];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
