// Cannot say, one state everywhere: a hatched band and one sentence with what was studied; what the formula gives
// beyond the evidence is made only when a reader opens it.
import { html, useState } from "./vendor/htm-preact.js";
import { COLOUR, label, textWidth } from "./charts.js";
import { studiedWords } from "./studied.js";

/** The hatched band with the words in it. */
export function band(x, y, width, height, words) {
  const half = textWidth(words, 13) / 2 + 8;
  const middle = x + width / 2;
  const fits = words && 2 * half < width;
  return html`<rect x=${x} y=${y} width=${width} height=${height} fill="url(#hatch-silent)" />
    ${fits ? html`<rect x=${middle - half} y=${y + height / 2 - 12} width=${2 * half} height="24" rx="4" fill=${COLOUR.paper} />
    ${label(middle, y + height / 2 + 5, words, { anchor: "middle" })}` : null}`;
}

/** Why nothing can be said, with what was studied. */
export function silentWords(v) {
  const { explainer, understood, text } = v;
  const told = explainer.silences(understood).map(({ code, text: words, factor }) => {
    const range = factor && code !== "outside_studied" && studiedWords(explainer.shelf.factor.get(factor), v);
    return text.join([words, range]);
  });
  return text.join(told);
}

/** What was withheld, behind a disclosure; not made before it is opened. */
export function Extrapolation({ v, children }) {
  const [open, setOpen] = useState(false);
  const { text } = v;
  return html`<details class="extrapolation" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${text("page.open_extrapolation")}</summary>
    ${open ? html`<p class="withheld"><strong>${text("explain.extrapolated_title")}${text("stop")}</strong>
      ${text("explain.extrapolated")}</p>${children()}` : null}</details>`;
}
