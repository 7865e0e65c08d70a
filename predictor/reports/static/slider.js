// A slider for what is measured: its documented bands are drawn on the track, and what was studied below it.
import { html } from "./vendor/htm-preact.js";
import { COLOUR } from "./charts.js";
import { levelAt } from "./profile.js";

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
  return { ...(spread ? uneven(knots) : even(field, end)), knots };
}

function even(field, end) {
  const step = stepOf(field, end);
  const toSlider = (value) => Math.min(end, Math.max(field.minimum, value));
  return { min: field.minimum, max: end, step, toValue: (at) => at, toSlider };
}

function uneven(knots) {
  const parts = knots.length - 1;
  const toValue = (at) => {
    const part = Math.min(parts - 1, Math.floor((at / STEPS) * parts));
    const value = knots[part] + ((at / STEPS) * parts - part) * (knots[part + 1] - knots[part]);
    return Number(value.toPrecision(2));
  };
  const toSlider = (value) => {
    const held = Math.min(Math.max(value, knots[0]), knots.at(-1));
    const part = Math.max(0, Math.min(parts - 1, knots.findIndex((knot, i) => i && held <= knot) - 1));
    const within = (held - knots[part]) / (knots[part + 1] - knots[part]);
    return Math.round((part + within) * (STEPS / parts));
  };
  return { min: 0, max: STEPS, step: 1, toValue, toSlider };
}

/** Where a value stands on a slider, as a share of its width. */
const shareAt = (scale, value) => (scale.toSlider(value) - scale.min) / (scale.max - scale.min);
const percent = (share) => `${(100 * share).toFixed(2)}%`;

/** Where the bands of a slider stand: [{from, to, level}] in shares of its width. */
export function bandsOf(factor, field, scale) {
  return scale.knots.slice(1).map((end, i) => {
    const middle = ((scale.knots[i] + end) / 2) * field.multiply_by;
    return { from: shareAt(scale, scale.knots[i]), to: shareAt(scale, end), level: levelAt(factor, middle) };
  });
}

export function Slider({ id, factor, field, value, level, spoken, describedby, text, change }) {
  const scale = sliderScale(factor, field);
  const at = value === null ? (scale.min + scale.max) / 2 : scale.toSlider(value);
  return html`<div class=${value === null ? "slider open" : "slider"}>
    <${Track} ...${{ factor, field, scale, level, text }} />
    <input type="range" id=${id} min=${scale.min} max=${scale.max} step=${scale.step} value=${at}
      aria-valuetext=${spoken} aria-describedby=${describedby}
      onInput=${(event) => change(scale.toValue(Number(event.target.value)))} />
  </div>`;
}

/** The bands, the patient's own filled; the cut-offs in figures; a line along what was studied. */
function Track({ factor, field, scale, level, text }) {
  const bands = bandsOf(factor, field, scale);
  return html`<svg class="track" aria-hidden="true" height="38">
    ${bands.map(
      (band, i) => html`<rect x=${percent(band.from)} width=${percent(band.to - band.from)} y="7" height="14"
      fill=${band.level === level ? COLOUR.band : i % 2 ? COLOUR.stripe : COLOUR.faint} stroke=${COLOUR.paper} />`,
    )}
    <${Studied} ...${{ factor, field, scale }} />
    ${scale.knots.map(
      (knot, i) => html`<text x=${percent(shareAt(scale, knot))} y="37" font-size="11" fill=${COLOUR.muted}
      text-anchor=${i === 0 ? "start" : i === scale.knots.length - 1 ? "end" : "middle"}>${text.number(knot, 1, 0)}
      </text>`,
    )}</svg>`;
}

function Studied({ factor, field, scale }) {
  if (!factor.studied) return null;
  const [low, high] = [factor.studied.minimum, factor.studied.maximum].map((end) => shareAt(scale, end / field.multiply_by));
  return html`<rect x=${percent(low)} width=${percent(high - low)} y="22" height="3" fill=${COLOUR.ink} />`;
}
