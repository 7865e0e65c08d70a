// What cannot be used, in the words of the language: at its field, or above the answer where it has none.
import { html } from "./vendor/htm-preact.js";
import { findField } from "./profile.js";

/** What the address calls the parts of the page, by the key of their words. */
const PARTS = {
  view: "page.views",
  lang: "page.language",
  condition: "page.condition",
  stance: "explain.stance",
  sweep: "page.vary",
  heat: "page.section.heat",
  saved: "page.view.compare",
  exercise: "page.view.teach",
};

/** Faults for which a profile is refused as a whole: no part of it can be taken for the patient. */
const WHOLE = ["two_values", "too_long_a_time"];

/** What makes a profile one of which nothing can be said. */
export const refusals = (faults) => faults.filter((fault) => WHOLE.includes(fault.code));

/** Faults in sentences, without notes on the address. */
export const wrongWords = (faults, v) => faults.filter(isWrong).map((fault) => faultWords(fault, v));

const isWrong = (fault) => fault.code !== "other_record";

/** What is said above the faults, and what was made of the rest. */
export const faultsHead = ({ text, refused }) => [
  text("page.faults") + text("stop"),
  text(refused ? "page.faults_refused" : "page.faults_cure"),
];

/** The field that a fault is about, by its id, a synonym or its factor's name; none for a stranger's word. */
const fieldOf = ({ field }, { explainer, scorecard }) =>
  Object.hasOwn(PARTS, field) ? null : findField(String(field), explainer.factors, scorecard.configuration);

/** The factor at whose control a fault stands. */
export const factorOf = (fault, v) => fieldOf(fault, v)?.factor;

/** A fault as a sentence. */
export function faultWords(fault, v) {
  const { text } = v;
  const words = wordsOf(v);
  const values = {
    ...fault,
    field: words(fault.field),
    other: words(fault.other),
    found: listed(fault.found, fault.field, v),
    expected: listed(fault.expected, fault.field, v),
    unit: text.unit(fault.field, fault.unit),
  };
  if (fault.sentence) return text.fill(text.pick(fault.sentence), { factor: values.field, than: values.other });
  return text.join([text(`page.fault.${fault.code}`, values), fault.cure && text(`fault.${fault.cure.code}`, fault.cure)]);
}

const listed = (found, field, v) =>
  Array.isArray(found) ? v.text.list(found.map((word) => valueWords(word, field, v))) : found;

/** The name of a field: what its factor is called, with the unit or scale that it names; a stranger's own word. */
function wordsOf(v) {
  const { text, explainer } = v;
  return (name) => {
    if (name === undefined || Object.hasOwn(PARTS, name)) return name && text(PARTS[name]);
    const told = fieldOf({ field: name }, v);
    if (!told) return name;
    const factor = text.capital(text.pick(explainer.shelf.factor.get(told.factor).label));
    return told.unit === "level" || told.id === told.factor ? factor : factor + text.bracket(text.scale(told));
  };
}

/** A word that may stand in a field: a level's label, a stance's, a view's; else as it is. */
function valueWords(word, field, { text, explainer, data }) {
  const { shelf } = explainer;
  const factor = shelf.factor.get(shelf.field.get(field)?.factor ?? field);
  if (factor && Object.hasOwn(factor.levels, word)) return text.pick(factor.levels[word].label);
  if (shelf.factor.has(word)) return text.pick(shelf.factor.get(word).label);
  if (field === "condition" && Object.hasOwn(data.scorecards, word)) return text.pick(data.scorecards[word].configuration.label);
  return [`stance.${word}`, `page.view.${word}`].map((key) => text.has(key) && text(key)).find(Boolean) || word;
}

/** Above the answer: faults of no field in full, and how many stand at fields. */
export function Faults({ faults, v }) {
  const { text } = v;
  const [notes, wrong] = [faults.filter((fault) => !isWrong(fault)), faults.filter(isWrong)];
  const above = wrong.filter((fault) => !factorOf(fault, v) || fault.code === "repeated");
  const below = wrong.filter((fault) => !above.includes(fault));
  const [head, cure] = faultsHead(v);
  if (!faults.length) return null;
  return html`<div class="faults" role="alert">
    ${notes.map((note) => html`<p>${faultWords(note, v)}</p>`)}
    ${wrong.length ? html`<p><strong>${head}</strong>
      ${text.join([below.length > 0 && text("page.faults_at_fields", { n: below.length }), cure])}</p>` : null}
    ${above.length ? html`<ul>${above.map((fault) => html`<li>${faultWords(fault, v)}</li>`)}</ul>` : null}
    ${below.map((fault) => html`<p class="on-paper">${faultWords(fault, v)}</p>`)}
  </div>`;
}

/** All faults in full, where no field stands beside them: on paper, in a scenario. */
export function AllFaults({ v }) {
  if (!v.wrong.length) return null;
  return html`<div class="all-faults"><p><strong>${faultsHead(v)[0]}</strong>${faultsHead(v)[1]}</p>
    <ul>${v.wrong.map((words) => html`<li>${words}</li>`)}</ul></div>`;
}
