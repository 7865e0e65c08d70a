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

/** The field that a fault is about, by its id, a synonym or its factor's name; none for a stranger's word. */
const fieldOf = ({ field }, { explainer, scorecard }) =>
  field in PARTS ? null : findField(String(field), explainer.factors, scorecard.configuration);

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
  return text(`page.fault.${fault.code}`, values);
}

const listed = (found, field, v) =>
  Array.isArray(found) ? v.text.list(found.map((word) => valueWords(word, field, v))) : found;

/** The name of a field: what its factor is called, with its unit where it has several; a stranger's own word. */
function wordsOf(v) {
  const { text, explainer } = v;
  return (name) => {
    if (name === undefined || name in PARTS) return name && text(PARTS[name]);
    const told = fieldOf({ field: name }, v);
    if (!told) return name;
    const factor = text.capital(text.pick(explainer.shelf.factor.get(told.factor).label));
    return told.unit === "level" ? factor : factor + text.bracket(text.field(told));
  };
}

/** A word that may stand in a field: a level's label, a stance's, a view's; else as it is. */
function valueWords(word, field, { text, explainer, data }) {
  const { shelf } = explainer;
  const factor = shelf.factor.get(shelf.field.get(field)?.factor ?? field);
  if (factor?.levels[word]) return text.pick(factor.levels[word].label);
  if (shelf.factor.has(word)) return text.pick(shelf.factor.get(word).label);
  if (field === "condition" && data.scorecards[word]) return text.pick(data.scorecards[word].configuration.label);
  return [`stance.${word}`, `page.view.${word}`].map((key) => text.has(key) && text(key)).find(Boolean) || word;
}

/** Above the answer: faults of no field in full, and how many stand at fields. */
export function Faults({ faults, v }) {
  const { text } = v;
  const [notes, wrong] = [faults.filter((f) => f.code === "other_record"), faults.filter((f) => f.code !== "other_record")];
  const above = wrong.filter((fault) => !factorOf(fault, v) || fault.code === "repeated");
  const below = wrong.length - above.length;
  if (!faults.length) return null;
  return html`<div class="faults" role="alert">
    ${notes.map((note) => html`<p>${faultWords(note, v)}</p>`)}
    ${wrong.length ? html`<p><strong>${text("page.faults")}${text("stop")}</strong>
      ${below ? text("page.faults_at_fields", { n: below }) : null} ${text("page.faults_cure")}</p>` : null}
    ${above.length ? html`<ul>${above.map((fault) => html`<li>${faultWords(fault, v)}</li>`)}</ul>` : null}
  </div>`;
}
