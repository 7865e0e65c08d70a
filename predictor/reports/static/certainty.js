// How sure anyone can be: GRADE's word as dots that print without backgrounds.
import { html } from "./vendor/htm-preact.js";
import { COLOUR } from "./charts.js";

const FILLED = { very_low: 1, low: 2, moderate: 3 };

export function Dots({ certainty }) {
  return html`<svg class="dots" aria-hidden="true" width="60" height="14" viewBox="0 0 60 14">
    ${[0, 1, 2, 3].map(
      (i) => html`<circle cx=${7 + i * 15} cy="7" r="5.2" stroke=${COLOUR.ink} stroke-width="1.8"
      fill=${i < FILLED[certainty] ? COLOUR.ink : "none"} />`,
    )}</svg>`;
}
