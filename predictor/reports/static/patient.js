// The patient: sliders for what tells who does well anyway, then the choices of treatment, the rest folded.
import { html, useState } from "./vendor/htm-preact.js";
import { factorOf, faultWords } from "./fault.js";
import { converted, fieldsOf, inFewDigits, isNumeric } from "./profile.js";
import { Slider } from "./slider.js";
import { plain } from "./state.js";
import { studiedWords } from "./studied.js";

/** The field that was chosen for a factor; else the one by which the profile tells it, or the first. */
function fieldInUse(factor, { state: { units = {} }, understood: { stated, keys } }) {
  const fields = fieldsOf(factor);
  const told = (f) => keys[factor.id].some(([, id]) => id === f.id);
  return fields.find((f) => f.id === units[factor.id]) || fields.find((f) => f.id in stated) || fields.find(told) || fields[0];
}

/** The profile with one field of a factor set; all else that told the factor goes. */
function withField({ state, understood }, factor, field, value) {
  const gone = new Set(understood.keys[factor.id].map(([key]) => key));
  const kept = Object.fromEntries(Object.entries(state.profile).filter(([key]) => !gone.has(key)));
  return value === null ? kept : { ...kept, [field.id]: value };
}

/** What the profile says in a field, as it was written. */
function writtenIn(field, { state, understood }) {
  const found = understood.keys[field.factor].find(([, id]) => id === field.id || id === field.factor);
  return found && state.profile[found[0]];
}

/** What tells a factor in another field than the one in use, in words; nothing where none does. */
function elsewhere(factor, field, { understood: { stated, levels }, text }) {
  const other = fieldsOf(factor).find((f) => f.id !== field.id && f.id in stated);
  if (!other && !(factor.id in stated)) return "";
  if (typeof stated[other?.id] === "number") return text.measure(stated[other.id], other);
  return other?.categories ? `${text.scale(other)} ${stated[other.id]}` : text.pick(factor.levels[levels[factor.id]].label);
}

/** The factors by where they stand: first what is measured and tells who does well anyway, then the choices. */
export function inOrder(factors) {
  const first = factors.filter((f) => f.role === "patient" && f.prognostic && f.abstain_when_unstudied);
  const choices = factors.filter((f) => f.role === "chosen" && f.abstain_when_unstudied);
  return { first, choices, more: factors.filter((f) => !first.includes(f) && !choices.includes(f)) };
}

export function Patient({ v }) {
  const { text, explainer, data, state } = v;
  const { first, choices, more } = inOrder(explainer.factors);
  const example = data.examples[state.condition];
  return html`<form class="patient" onSubmit=${(event) => event.preventDefault()}>
    <fieldset><legend class="hidden">${text("page.role.patient")}</legend><${List} v=${v} factors=${first} /></fieldset>
    <fieldset class="choices"><legend>${text("page.role.chosen")}</legend><${List} v=${v} factors=${choices} />
      </fieldset>
    <${More} v=${v} factors=${more} />
    <p class="both">${example ? html`<button type="button" class="quiet" onClick=${() => v.set({ profile: example })}>
        ${text("page.back_to_example")}</button>` : null}
      <button type="button" class="quiet" onClick=${() => v.set({ profile: {} })}>${text("page.clear")}</button></p>
  </form>`;
}

const List = ({ v, factors }) => factors.map((factor) => html`<${Control} key=${factor.id} v=${v} factor=${factor} />`);

/** The rest of the facts, folded; open where one of them cannot be used. */
function More({ v, factors }) {
  const { text, understood } = v;
  const [open, setOpen] = useState(false);
  if (!factors.length) return null;
  const n = factors.filter((f) => understood.unknown.includes(f.id)).length;
  const faulty = factors.some((f) => faultsOf(f, v).length);
  return html`<details class="more" open=${open || faulty} onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${text("page.more_facts", { n })}</summary><fieldset class="choices">
    <legend class="hidden">${text("page.more_facts", { n })}</legend>
    ${open || faulty ? html`<${List} v=${v} factors=${factors} />` : null}</fieldset></details>`;
}

const faultsOf = (factor, v) => v.understood.faults.filter((fault) => factorOf(fault, v) === factor.id);

function Control({ v, factor }) {
  const { text, understood, state } = v;
  const field = fieldInUse(factor, v);
  const known = field.id in understood.stated;
  const other = known ? "" : elsewhere(factor, field, v);
  const faults = faultsOf(factor, v);
  const change = (value) => v.set({ profile: withField(v, factor, field, value), units: state.units });
  const id = `in-${factor.id}`;
  const parts = { v, factor, field, known, other, change, id, faulty: faults.length > 0 };
  return html`<div class=${isNumeric(field) ? "control measured" : "control"}>
    <div class="control-head"><label for=${id}>${text.capital(text.pick(factor.label))}</label>
      <${FieldChoice} ...${parts} />${isNumeric(field) ? html`<${Typed} ...${parts} />` : null}</div>
    ${isNumeric(field) ? html`<${Measure} ...${parts} />` : html`<${Choice} ...${parts} />`}
    ${faults.length ? html`<p class="fault" id=${`${id}-fault`}>${text.join(faults.map((fault) => faultWords(fault, v)))}</p>` : null}
  </div>`;
}

/** Which scale or unit tells the factor, where there are several. */
function FieldChoice({ v, factor, field, faulty }) {
  const fields = fieldsOf(factor);
  if (fields.length < 2) return v.text.has(`field.${field.id}`) ? html`<span class="unit">${v.text.scale(field)}</span>` : null;
  const pick = (id) => {
    const other = fields.find((f) => f.id === id);
    const value = inOther(v, factor, field, other, faulty);
    const profile = value === null ? v.state.profile : withField(v, factor, other, value);
    v.set({ profile, units: { ...v.state.units, [factor.id]: id } });
  };
  return html`<select class="unit" aria-label=${v.text("page.unit_of", { factor: v.text.pick(factor.label) })}
    value=${field.id} onChange=${(event) => pick(event.target.value)}>
    ${fields.map((f) => html`<option value=${f.id} selected=${f.id === field.id}>${v.text.scale(f)}</option>`)}
  </select>`;
}

/** What a factor is told by once another field was chosen: the same quantity, or the same number where that is at fault
 * or may have been meant in the other unit; null where the profile stays as it is. */
function inOther(v, factor, field, other, faulty) {
  const { stated, messages, keys } = v.understood;
  const written = writtenIn(field, v);
  if (written === undefined || keys[factor.id].some(([, id]) => id === other.id)) return null;
  const meant = messages.some((m) => m.code === "perhaps_other_unit" && m.values.field === other.id);
  if (faulty || meant) return isNumeric(other) ? (stated[field.id] ?? written) : null;
  return field.id in stated ? converted(stated[field.id], factor, field, other) : null;
}

/** The number itself, to be typed and read as any other word, and a button that unsets it. */
function Typed({ v, factor, field, known, change, id, faulty }) {
  const { text, understood } = v;
  const [draft, setDraft] = useState(null);
  const typed = ({ target }) => (setDraft(null), change(target.value.trim() === "" ? null : plain(target.value.trim())));
  const name = text.pick(factor.label);
  return html`<span class="typed"><input type="text" inputmode="decimal" placeholder="?" autocomplete="off"
    aria-label=${name + text.bracket(text.scale(field))}
    value=${draft ?? (known ? shown(understood.stated[field.id], factor, field) : (writtenIn(field, v) ?? ""))}
    onInput=${({ target }) => setDraft(target.value)} onBlur=${() => setDraft(null)}
    aria-invalid=${faulty ? "true" : null} aria-describedby=${faulty ? `${id}-fault` : null} onChange=${typed} />
    <button type="button" class="quiet forget" disabled=${!understood.keys[factor.id].length}
      aria-label=${text("page.forget_one", { factor: name })} onClick=${() => change(null)}>×</button></span>`;
}

/** A number in figures; a level that was told by name as it is. */
const shown = (value, factor, field) => (typeof value === "number" ? inFewDigits(value, factor, field) : value);

function Measure({ v, factor, field, known, other, change, id, faulty }) {
  const { text, understood } = v;
  const value = known && typeof understood.stated[field.id] === "number" ? understood.stated[field.id] : null;
  const level = known || other ? understood.levels[factor.id] : null;
  const label = level ? text.pick(factor.levels[level].label) : "";
  const told = value === null ? other : text.measure(value, field);
  const spoken = label ? text.list([...new Set([told, label])].filter(Boolean)) : text("unknown");
  const slider = { id, factor, field, value, level, spoken, text, change, describedby: faulty ? `${id}-fault` : `${id}-band` };
  return html`<${Slider} ...${slider} />
    <p class="band" id=${`${id}-band`}>${other ? text.told(...new Set([other, label])) : bandWords(factor, field, value, label, v)}</p>`;
}

/** Which numbers give the same answer as this one; or that none like it was studied. */
function bandWords(factor, field, value, label, v) {
  const { text } = v;
  if (!label) return text("page.unknown_mark");
  const measure = value === null ? null : value * field.multiply_by;
  const { studied } = factor;
  if (studied && measure !== null && (measure < studied.minimum || measure > studied.maximum)) return studiedWords(factor, v);
  return text("page.same_answer", { level: label });
}

function Choice({ v, factor, field, known, other, change, id, faulty }) {
  const { text, understood } = v;
  const categories = Object.keys(field.categories || {});
  const options = categories.length
    ? categories.map((category) => [category, categoryName(factor, field, category, text)])
    : factor.levelIds.map((level) => [level, text.pick(factor.levels[level].label)]);
  const value = known ? understood.stated[field.id] : "";
  const odd = faulty ? String(writtenIn(field, v) ?? "") : "";
  return html`<select id=${id} value=${value} aria-invalid=${faulty ? "true" : null}
    aria-describedby=${faulty ? `${id}-fault` : null} class=${known || other ? null : "untold"}
    onChange=${(event) => change(event.target.value || null)}>
    <option value="" selected=${value === ""}>${odd || other || text("unknown")}</option>
    ${options.map(([option, words]) => html`<option value=${option} selected=${option === value}>${words}</option>`)}
  </select>`;
}

const categoryName = (factor, field, id, text) =>
  `${id}${text.bracket(text.pick(factor.levels[field.categories[id]].label))}`;
