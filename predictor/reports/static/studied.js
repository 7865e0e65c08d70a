// What was studied of a factor, in one sentence: a range of numbers, or the levels at which there were patients.
import { fieldsOf } from "./profile.js";

export function studiedWords(factor, { text, scorecard }) {
  const named = { factor: text.pick(factor.label) };
  if (factor.studied) return text("page.studied_range", { ...named, ...rangeOf(factor, text) });
  const patients = scorecard.patients[factor.id];
  const levels = factor.levelIds.filter((id) => patients[id] > 0).map((id) => text.pick(factor.levels[id].label));
  return text("page.studied_levels", { ...named, levels: text.list(levels) });
}

function rangeOf(factor, text) {
  const { minimum, maximum } = factor.studied;
  const field = fieldsOf(factor).find((f) => f.multiply_by === 1) ?? fieldsOf(factor)[0];
  return { low: text.number(minimum, 1, 0), high: text.number(maximum, 1, 0), unit: text.unit(field.id, field.unit) };
}
