// Every number and text that an exercise may tell, from the scorecard and the model.
import { stancesOf } from "./state.js";
import { addedWords, silences } from "./words.js";

const Z95 = 1.959963984540054;
const TELLING = 4;

export function factsOf(exercise, v) {
  const asked = v.at(exercise);
  return {
    ...numbersOf(asked),
    ...unknownsOf(asked),
    ...differencesOf(exercise, v),
    ...otherOf(exercise, v),
    ...recordsOf(exercise, asked),
    ...textsOf(exercise, asked),
  };
}

/** What may be told of an answer; of one that is withheld only why. */
function numbersOf({ answer, text }) {
  const { added_response: added } = answer;
  const said = { added: addedWords(added, text), class_id: added ? added.category : "cannot_say" };
  const silent = { ...said, messages: text.join(silences(answer)) };
  if (answer.abstained) return silent;
  const { usual_care: usual, with_cells: cells, difference } = answer;
  const near = answer.messages.filter((message) => message.code === "near_cut").map((message) => message.text);
  return {
    ...silent,
    near: text.join(near),
    ...rangeOf("usual", { ...usual, value: usual.probability }, text.of100),
    ...rangeOf("cells", { ...cells, value: cells.probability }, text.of100),
    ...rangeOf("difference", difference, text.signed100),
    raw: { usual: { ...usual, value: usual.probability }, cells: { ...cells, value: cells.probability }, difference, usual_value: usual.probability },
  };
}

const rangeOf = (name, { value, low, high }, shown) => ({
  [name]: shown(value),
  [`${name}_low`]: shown(low),
  [`${name}_high`]: shown(high),
});

/** The factors that knowing would help most, in the order of the profile, and the first of them. */
function unknownsOf({ answer, text, names }) {
  const { unknowns } = answer.extrapolation ?? answer;
  const telling = unknowns.filter((u) => u.narrows > 0).slice(0, TELLING);
  const ids = telling.map((u) => u.factor);
  const ordered = Object.keys(answer.profile.levels).filter((id) => ids.includes(id));
  return {
    unknowns: ordered.reverse().map((id) => [id, names.factor(id)]),
    most_telling: ids[0],
    narrows: telling.length ? text.of100(telling[0].narrows) : "",
  };
}

function differencesOf({ condition, profile }, v) {
  const value = (stance) => v.at({ condition, stance, profile }).answer.difference;
  const stances = stancesOf(v.data.scorecards[condition]);
  return Object.fromEntries(
    stances.map((stance) => [stance, value(stance) ? v.text.signed100(value(stance).value) : v.text("category.cannot_say")]),
  );
}

function otherOf({ other_profile: profile, condition, stance }, v) {
  if (!profile) return {};
  const other = v.at({ condition, stance, profile }).answer.usual_care.probability;
  return { other_usual: v.text.of100(other), raw_other: other };
}

/** A study group's share and a comparison's odds ratio, from the records of the model. */
function recordsOf({ series, contrast }, { explainer, text }) {
  const facts = {};
  const group = explainer.shelf.groups.get(series);
  if (group) Object.assign(facts, { series: text.of100(group.observed), series_n: text.number(group.n) });
  const other = explainer.shelf.groups.get(contrast);
  if (!other) return facts;
  const [ratio, low, high] = [0, -Z95, Z95].map((z) => Math.exp(other.log_odds_ratio + z * other.se));
  const shown = (x) => text.number(x, 1);
  const told = { contrast: shown(ratio), contrast_low: shown(low), contrast_high: shown(high), contrast_n: text.number(other.n) };
  return { ...facts, ...told, raw_contrast: [low, high] };
}

function textsOf({ check, finding }, { explainer, text }) {
  const facts = check ? { ...explainer.shelf.check(check) } : {};
  const found =
    finding && [...explainer.shelf.findings.values()].find((f) => f.study_id === finding[0] && f.factor === finding[1]);
  if (found) facts.finding = text.pick(found.finding);
  return facts;
}
