// The first screen: the stance, what cells add in plain words, the certainty beside it, and the one picture.
import { html, useState } from "./vendor/htm-preact.js";
import { Extrapolation, silentWords } from "./cannot.js";
import { Dots } from "./certainty.js";
import { Figure } from "./figure.js";
import { answerPicture, iconPicture, pictureTable, silentPicture } from "./picture.js";
import { Share } from "./share.js";
import { stancesOf } from "./state.js";
import { addedTitle, addedWords, certaintyWords, roundedOf, sentences, signWords } from "./words.js";

export function Headline({ v }) {
  const { answer } = v;
  return html`<div class="headline" id="headline">
    <${Stance} v=${v} />
    <${Sentence} v=${v} />
    ${answer.abstained ? html`<${Silence} v=${v} />` : html`<${Told} v=${v} answer=${answer} />`}
    <${Notes} v=${v} />
  </div>`;
}

/** The three-way switch right above the answer. */
export function Stance({ v }) {
  const { text, state } = v;
  return html`<fieldset class="stances"><legend>${text("explain.stance")}</legend>
    <span class="switch">${stancesOf(v.scorecard).map(
      (stance) => html`<label class=${stance === state.stance ? "chosen" : null}>
      <input type="radio" name="stance" value=${stance} checked=${stance === state.stance}
        onChange=${() => v.set({ stance })} /><span>${text.capital(text(`stance.${stance}`))}</span></label>`,
    )}</span>
    <span class="meaning">${text.capital(text(`stance_meaning.${state.stance}`))}</span></fieldset>`;
}

function Sentence({ v }) {
  const { answer, text } = v;
  const added = text.told(addedTitle(answer.stance, text), addedWords(answer.added_response, text));
  return html`<h2 class="sentence">${text.join(sentences(answer, text))}</h2>
    <p class="verdict"><strong class="added">${added}</strong>
      <span class="certainty"><${Dots} certainty=${answer.certainty} /> ${certaintyWords(answer, text)}</span></p>
    ${answer.abstained ? null : html`<p class="sign">${signWords(answer, text)}</p>`}`;
}

/** What may be told, in one picture; also of an extrapolation, once it was opened. */
function Told({ v, answer }) {
  const { text, scorecard } = v;
  const [icons, setIcons] = useState(false);
  const rules = scorecard.estimate;
  const title = text.told(addedTitle(v.answer.stance, text), addedWords(answer.added_response, text));
  const draw = (width) => (icons ? iconPicture : answerPicture)(answer, { rules, text, width });
  const note = text.join([text(icons ? "page.icons_legend" : "page.range_note"), roundedOf(answer, text), meaning(v)]);
  const tools = html`<button type="button" class="quiet" aria-pressed=${icons ? "true" : "false"}
    onClick=${() => setIcons(!icons)}>${text("page.as_icons")}</button><${Share} v=${v} />`;
  return html`<div class="picture"><${Figure} title=${title} name="answer" text=${text} keep=${v.keep} draw=${draw}
    note=${note}
    table=${pictureTable(answer, { rules, text })} tools=${tools}>
    <p class="small">${note}</p><//></div>`;
}

/** What a response means, and the time asked for. */
function meaning({ scorecard, explainer, answer, names, text }) {
  const { outcomes, reference_outcome: reference } = scorecard.configuration;
  const question = explainer.factors.find((f) => f.role === "question");
  const asked = question && names.level(question.id, answer.profile.levels[question.id]);
  const outcome = text.pick(outcomes[reference].label);
  return text.join([text("explain.means", { outcome }), asked && text("explain.asked_for", { asked })]);
}

function Silence({ v }) {
  const { text, answer } = v;
  const words = silentWords(v);
  const title = text("category.cannot_say");
  return html`<div class="picture"><p class="withheld">${words}</p>
    <${Figure} title=${title} name="answer" text=${text} keep=${v.keep} draw=${(width) => silentPicture(width, text)}
      table=${null} tools=${html`<${Share} v=${v} />`} />
    ${v.refused ? null : html`<${Extrapolation} v=${v}>${() => html`<${Told} v=${v} answer=${{ ...answer, ...answer.extrapolation }} />`}<//>`}</div>`;
}

const MARKS = { info: "i", warning: "!" };

/** What must be noted: warnings in sight, the rest folded. */
function Notes({ v }) {
  const { text, answer } = v;
  const of = (severity) => answer.messages.filter((note) => note.severity === severity);
  const infos = of("info");
  return html`<${List} notes=${of("warning")} text=${text} />
    ${infos.length ? html`<details class="infos"><summary>${text("page.further_notes", { n: infos.length })}</summary>
      <${List} notes=${infos} text=${text} /></details>` : null}`;
}

function List({ notes, text }) {
  if (!notes.length) return null;
  return html`<ul class="notes">${notes.map(
    (note) => html`<li class=${note.severity}><span class="mark" aria-hidden="true">${MARKS[note.severity]}</span>
    <span>${text.capital(note.text)}</span></li>`,
  )}</ul>`;
}
