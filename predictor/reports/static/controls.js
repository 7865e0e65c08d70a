// The profile's controls: a slider for what is measured, a list for what is named, each may be unknown.
import { html } from "./vendor/htm-preact.js";
import { fieldsOf, isNumeric, levelAt } from "./profile.js";

const WIDE = 20;
const STEPS = 200;

/** The cut-offs of a field, in its own unit, ascending. */
function cutOffs(factor, field) {
  const ends = factor.levelIds.flatMap((id) => (factor.levels[id].bands || []).map((b) => b.to ?? b.below));
  const known = ends.filter((end) => end !== undefined).map((end) => end / field.multiply_by);
  return [...new Set(known)].sort((a, b) => a - b);
}

/** The end of a field's slider: past every cut-off and all that was studied, within the field's range. */
function sliderEnd(factor, field) {
  const last = Math.max(...cutOffs(factor, field), field.minimum);
  if (field.maximum <= 3 * last) return field.maximum;
  const studied = factor.studied ? (1.2 * factor.studied.maximum) / field.multiply_by : 0;
  const end = Math.max(1.5 * last, studied, field.integer ? field.minimum + 9 : 0);
  return Math.min(field.maximum, Math.ceil(end));
}

const stepOf = (field, end) => (field.integer || end > 60 ? 1 : end > 12 ? 0.5 : 0.1);

/** The scale of a slider: even, or, where the cut-offs lie far apart, even between the cut-offs. */
export function sliderScale(factor, field) {
  const cuts = cutOffs(factor, field).filter((cut) => cut > field.minimum);
  const end = sliderEnd(factor, field);
  const knots = [field.minimum, ...cuts.filter((cut) => cut < end), end];
  const spread = cuts.length > 1 && cuts.at(-1) / cuts[0] > WIDE;
  return spread ? uneven(knots) : { ...even(field, end), cuts };
}

function even(field, end) {
  const step = stepOf(field, end);
  return { min: field.minimum, max: end, step, toValue: (at) => at, toSlider: (value) => Math.min(end, value) };
}

function uneven(knots) {
  const parts = knots.length - 1;
  const toValue = (at) => {
    const part = Math.min(parts - 1, Math.floor((at / STEPS) * parts));
    const value = knots[part] + ((at / STEPS) * parts - part) * (knots[part + 1] - knots[part]);
    return Number(value.toPrecision(2));
  };
  const toSlider = (value) => {
    const part = Math.max(0, Math.min(parts - 1, knots.findIndex((knot, i) => i && value <= knot) - 1));
    const within = (Math.min(value, knots.at(-1)) - knots[part]) / (knots[part + 1] - knots[part]);
    return Math.round(((value > knots.at(-1) ? parts - 1 : part) + within) * (STEPS / parts));
  };
  return { min: 0, max: STEPS, step: 1, toValue, toSlider, cuts: knots.slice(1, -1) };
}

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

export function fieldName(field, text) {
  return text.has(`field.${field.id}`) ? text(`field.${field.id}`) : text.unit(field.id, field.unit) || field.id;
}

export function Controls({ v }) {
  const { explainer, text } = v;
  const roles = ["patient", "chosen", "question"];
  return html`<form class="controls" onSubmit=${(event) => event.preventDefault()}>
    ${roles.map(
      (role) => html`<fieldset>
      <legend>${text(`page.role.${role}`)}</legend>
      ${explainer.factors.filter((factor) => factor.role === role).map((factor) => html`<${Control} key=${factor.id}
        v=${v} factor=${factor} />`)}
    </fieldset>`,
    )}
    <p><button type="button" class="quiet" onClick=${() => v.set({ profile: {} })}>${text("page.clear")}</button></p>
  </form>`;
}

function Control({ v, factor }) {
  const { text, understood, state } = v;
  const field = fieldInUse(factor, state);
  const level = understood.levels[factor.id];
  const known = field.id in understood.stated;
  const change = (value, other = field) => v.set({ profile: withField(state.profile, factor, other, value) });
  const parts = { v, factor, field, known, change };
  return html`<div class=${known ? "control" : "control open"}>
    <div class="control-head">
      <label for=${`in-${factor.id}`}>${text.capital(text.pick(factor.label))}</label>
      <${FieldChoice} ...${parts} />
      ${isNumeric(field) ? html`<span class="level">
        ${known ? text.pick(factor.levels[level].label) : text("page.unknown_mark")}</span>` : null}
    </div>
    ${isNumeric(field) ? html`<${Slider} ...${parts} />` : html`<${Choice} ...${parts} />`}
  </div>`;
}

/** Which scale or unit tells the factor, where there are several. */
function FieldChoice({ v, factor, field, known }) {
  const fields = fieldsOf(factor);
  if (fields.length < 2) return null;
  const pick = (id) => {
    const other = fields.find((f) => f.id === id);
    const value = converted(known ? v.understood.stated[field.id] : null, field, other);
    v.set({ profile: withField(v.state.profile, factor, other, value), units: { ...v.state.units, [factor.id]: id } });
  };
  return html`<select class="unit" aria-label=${v.text("page.unit_of", { factor: v.text.pick(factor.label) })}
    value=${field.id} onChange=${(event) => pick(event.target.value)}>
    ${fields.map((f) => html`<option value=${f.id} selected=${f.id === field.id}>${fieldName(f, v.text)}</option>`)}
  </select>`;
}

/** A value in the unit of another field; none between a measure and a category. */
function converted(value, from, to) {
  if (value === null || !isNumeric(from) || !isNumeric(to)) return null;
  const number = (value * from.multiply_by) / to.multiply_by;
  return to.integer ? Math.round(number) : Number(number.toPrecision(3));
}

function Slider({ v, factor, field, known, change }) {
  const { text, understood } = v;
  const scale = sliderScale(factor, field);
  const value = known ? understood.stated[field.id] : null;
  const at = known ? scale.toSlider(value) : (scale.min + scale.max) / 2;
  const level = (number) => text.pick(factor.levels[levelAt(factor, number * field.multiply_by)].label);
  const spoken = known ? `${text.number(value, 1, 0)} ${fieldName(field, text)}, ${level(value)}` : text("unknown");
  const typed = (event) => change(event.target.value === "" ? null : Number(event.target.value));
  return html`<div class="measure">
    <input type="range" id=${`in-${factor.id}`} min=${scale.min} max=${scale.max} step=${scale.step} value=${at}
      aria-valuetext=${spoken} onInput=${(event) => change(scale.toValue(Number(event.target.value)))} />
    <input type="number" inputmode="decimal" aria-label=${text.pick(factor.label) + text.bracket(fieldName(field, text))}
      min=${field.minimum} max=${field.maximum} step="any" placeholder="?"
      value=${known ? value : (v.state.profile[field.id] ?? "")}
        aria-invalid=${!known && field.id in v.state.profile ? "true" : null} onChange=${typed} />
    <button type="button" class="quiet forget" disabled=${!known}
      aria-label=${text("page.forget_one", { factor: text.pick(factor.label) })}
      onClick=${() => change(null)}>${text("page.forget")}</button>
    <${Ticks} scale=${scale} text=${text} />
  </div>`;
}

/** The cut-offs below a slider. */
function Ticks({ scale, text }) {
  const share = (cut) => `${((scale.toSlider(cut) - scale.min) / (scale.max - scale.min)) * 100}%`;
  return html`<svg class="ticks" aria-hidden="true" height="18">${(scale.cuts || []).map(
    (cut) => html`
    <line x1=${share(cut)} x2=${share(cut)} y1="0" y2="5" stroke="#596472" />
    <text x=${share(cut)} y="16" text-anchor="middle" font-size="11" fill="#596472">${text.number(cut, 0)}</text>`,
  )}</svg>`;
}

function Choice({ v, factor, field, known, change }) {
  const { text, understood } = v;
  const categories = Object.keys(field.categories || {});
  const options = categories.length
    ? categories.map((id) => [id, categoryName(factor, field, id, text)])
    : factor.levelIds.map((id) => [id, text.pick(factor.levels[id].label)]);
  const value = known ? understood.stated[field.id] : "";
  return html`<select id=${`in-${factor.id}`} value=${value} onChange=${(event) => change(event.target.value || null)}>
    <option value="" selected=${value === ""}>${text("unknown")}</option>
    ${options.map(([id, words]) => html`<option value=${id} selected=${id === value}>${words}</option>`)}
  </select>`;
}

const categoryName = (factor, field, id, text) =>
  `${id}${text.bracket(text.pick(factor.levels[field.categories[id]].label))}`;
