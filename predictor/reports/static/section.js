// A section with its heading, by which it is named.
import { html } from "./vendor/htm-preact.js";

/** `heading` is h3 within a chapter, h2 where the section is the whole view. */
export function Section({ id, title, lead, heading = "h3", children }) {
  return html`<section id=${id} aria-labelledby=${`${id}-title`}>
    <${heading} id=${`${id}-title`}>${title}<//>${lead ? html`<p class="lead">${lead}</p>` : null}${children}</section>`;
}
