// What is printed: one page with the patient, the stance, the picture, the certainty and the strongest sources.
import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { silentWords } from "./cannot.js";
import { Dots } from "./certainty.js";
import { AllFaults } from "./fault.js";
import { Drawing } from "./figure.js";
import { answerPicture, silentPicture } from "./picture.js";
import { address } from "./state.js";
import { addedTitle, addedWords, certaintyWords, ifProven, patientWords, roundedOf, sentences, signWords, stanceWords } from "./words.js";

const WIDTH = 650;
const SOURCES = 5;
const REST = 400;

/** Drawn when the page has rested; seen on paper only. */
export function Handout({ v }) {
  const [shown, show] = useState(null);
  useEffect(() => {
    const timer = setTimeout(() => show(v), REST);
    const now = () => show(v);
    addEventListener("beforeprint", now);
    return () => (clearTimeout(timer), removeEventListener("beforeprint", now));
  }, [v]);
  return shown && html`<${Sheet} v=${shown} />`;
}

function Sheet({ v }) {
  const { text, answer, state } = v;
  const title = text("explain.title", { condition: text.pick(v.scorecard.configuration.label) });
  const silent = answer.abstained;
  const added = text.told(addedTitle(answer.stance, text), addedWords(answer.added_response, text));
  const chart = silent
    ? silentPicture(WIDTH, text)
    : answerPicture(answer, { rules: v.scorecard.estimate, text, width: WIDTH });
  const reasons = text.facts(answer.certainty_reasons.map((reason) => text(`certainty_reason.${reason}`)));
  const link = location.href.replace(/#.*$/, "") + address(state);
  const warnings = answer.messages.filter((note) => note.severity === "warning");
  return html`<article class="handout"><h2>${text.capital(title)}</h2><${AllFaults} v=${v} /><p>${patientWords(v)}</p>
    <p>${text.join([stanceWords(answer.stance, text) + text("stop"), ifProven(answer.stance) ? text("explain.if_proven") : ""])}</p>
    <p class="sentence">${text.join(sentences(answer, text))}</p>
    <p><strong>${added}</strong></p><p>${silent ? silentWords(v) : signWords(answer, text)}</p>
    <${Drawing} chart=${chart} name=${added} />
    ${silent ? null : html`<p class="small">${text.join([text("page.range_note"), roundedOf(answer, text)])}</p>`}
    <p><${Dots} certainty=${answer.certainty} /> <strong>${certaintyWords(answer, text)}</strong></p>
    <p>${text("explain.because", { reasons })}</p>
    ${warnings.length ? html`<ul class="warnings">${warnings.map((note) => html`<li>${text.capital(note.text)}</li>`)}</ul>` : null}
    <h3>${text("page.strongest_sources")}</h3><ol>${strongest(v).map((citation) => html`<li>${citation}</li>`)}</ol>
    <p class="small">${text("intended_use")}</p><p class="small">${v.keep.notes.at(-1)}</p>
    <p class="small">${text("page.printed", { date: new Date().toISOString().slice(0, 10) })} ${link}</p></article>`;
}

/** The studies and claims that move the answer most, each once; fewer where faults need the room. */
function strongest({ explainer, answer, wrong }) {
  const { shelf } = explainer;
  const items = explainer.strongest(answer.profile.levels).map((id) => shelf.item(id, answer.profile.levels));
  const cited = items.map((item) => (item.kind === "claim" ? `${item.citation}${explainer.text("colon")}${item.text}` : item.citation));
  return [...new Set(cited)].slice(0, Math.max(1, SOURCES - wrong.length)).map(explainer.text.capital);
}
