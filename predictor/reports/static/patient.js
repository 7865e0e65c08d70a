// The patient: sliders for what tells who does well anyway, then the choices of treatment, the rest folded.
import { html, useState } from "./vendor/htm-preact.js";
import { factorOf, faultWords } from "./fault.js";
import { fieldsOf, isNumeric } from "./profile.js";
import { Slider } from "./slider.js";
import { studiedWords } from "./studied.js";

/** The field by which a profile tells a factor; else the one last chosen for it, or the first. */
function fieldInUse(factor, { profile, units = {} }) {
  const fields = fieldsOf(factor);
  return fields.find((f) => f.id in profile) || fields.find((f) => f.id === units[factor.id]) || fields[0];
}

/** The profile with one field of a factor set; the factor's other fields go. */
function withField(profile, factor, field, value) {
  const ids = new Set([factor.id, ...fieldsOf(factor).map((f) => f.id)]);
  const kept = Object.fromEntries(Object.entries(profile).filter(([id]) => !ids.has(id)));
  return value === null ? kept : { ...kept, [field.id]: value };
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
  const field = fieldInUse(factor, state);
  const known = field.id in understood.stated;
  const faults = faultsOf(factor, v);
  const change = (value, other = field) => v.set({ profile: withField(state.profile, factor, other, value) });
  const id = `in-${factor.id}`;
  const parts = { v, factor, field, known, change, id, faulty: faults.length > 0 };
  return html`<div class=${isNumeric(field) ? "control measured" : "control"}>
    <div class="control-head"><label for=${id}>${text.capital(text.pick(factor.label))}</label>
      <${FieldChoice} ...${parts} />${isNumeric(field) ? html`<${Typed} ...${parts} />` : null}</div>
    ${isNumeric(field) ? html`<${Measure} ...${parts} />` : html`<${Choice} ...${parts} />`}
    ${faults.length ? html`<p class="fault" id=${`${id}-fault`}>${faults.map((fault) => faultWords(fault, v))}</p>` : null}
  </div>`;
}

/** Which scale or unit tells the factor, where there are several. */
function FieldChoice({ v, factor, field, known }) {
  const fields = fieldsOf(factor);
  if (fields.length < 2) return v.text.has(`field.${field.id}`) ? html`<span class="unit">${v.text.field(field)}</span>` : null;
  const pick = (id) => {
    const other = fields.find((f) => f.id === id);
    const value = converted(known ? v.understood.stated[field.id] : null, field, other);
    v.set({ profile: withField(v.state.profile, factor, other, value), units: { ...v.state.units, [factor.id]: id } });
  };
  return html`<select class="unit" aria-label=${v.text("page.unit_of", { factor: v.text.pick(factor.label) })}
    value=${field.id} onChange=${(event) => pick(event.target.value)}>
    ${fields.map((f) => html`<option value=${f.id} selected=${f.id === field.id}>${v.text.field(f)}</option>`)}
  </select>`;
}

/** A value in the unit of another field; none between a measure and a category. */
function converted(value, from, to) {
  if (value === null || !isNumeric(from) || !isNumeric(to)) return null;
  const number = (value * from.multiply_by) / to.multiply_by;
  return to.integer ? Math.round(number) : Number(number.toPrecision(3));
}

/** The number itself, to be typed, and a button that unsets it. */
function Typed({ v, factor, field, known, change, id, faulty }) {
  const { text, state } = v;
  const typed = (event) => change(event.target.value === "" ? null : Number(event.target.value));
  const name = text.pick(factor.label);
  return html`<span class="typed"><input type="number" inputmode="decimal" min=${field.minimum} max=${field.maximum}
    step="any" placeholder="?" aria-label=${name + text.bracket(text.field(field))}
    value=${known ? v.understood.stated[field.id] : (state.profile[field.id] ?? "")}
    aria-invalid=${faulty ? "true" : null} aria-describedby=${faulty ? `${id}-fault` : null} onChange=${typed} />
    <button type="button" class="quiet forget" disabled=${!known && !faulty}
      aria-label=${text("page.forget_one", { factor: name })} onClick=${() => change(null)}>×</button></span>`;
}

function Measure({ v, factor, field, known, change, id, faulty }) {
  const { text, understood } = v;
  const value = known && typeof understood.stated[field.id] === "number" ? understood.stated[field.id] : null;
  const level = known ? understood.levels[factor.id] : null;
  const label = known ? text.pick(factor.levels[level].label) : "";
  const spoken = value === null ? text("unknown") : text.list([text.measure(value, field), label]);
  const slider = { id, factor, field, value, level, spoken, text, change, describedby: faulty ? `${id}-fault` : `${id}-band` };
  return html`<${Slider} ...${slider} />
    <p class="band" id=${`${id}-band`}>${bandWords(factor, field, value, label, v)}</p>`;
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

function Choice({ v, factor, field, known, change, id, faulty }) {
  const { text, understood, state } = v;
  const categories = Object.keys(field.categories || {});
  const options = categories.length
    ? categories.map((category) => [category, categoryName(factor, field, category, text)])
    : factor.levelIds.map((level) => [level, text.pick(factor.levels[level].label)]);
  const value = known ? understood.stated[field.id] : "";
  const odd = faulty ? String(state.profile[field.id] ?? state.profile[factor.id] ?? "") : "";
  return html`<select id=${id} value=${value} aria-invalid=${faulty ? "true" : null}
    aria-describedby=${faulty ? `${id}-fault` : null} class=${known ? null : "untold"}
    onChange=${(event) => change(event.target.value || null)}>
    <option value="" selected=${value === ""}>${odd || text("unknown")}</option>
    ${options.map(([option, words]) => html`<option value=${option} selected=${option === value}>${words}</option>`)}
  </select>`;
}

const categoryName = (factor, field, id, text) =>
  `${id}${text.bracket(text.pick(factor.levels[field.categories[id]].label))}`;
