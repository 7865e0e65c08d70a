// A section with its heading, by which it is named.
import { html } from "./vendor/htm-preact.js";

export function Section({ id, title, lead, children }) {
  return html`<section id=${id} aria-labelledby=${`${id}-title`}>
    <h3 id=${`${id}-title`}>${title}</h3>${lead ? html`<p class="lead">${lead}</p>` : null}${children}</section>`;
}
