// What an answer says in words, as predictor/answer/phrases.py and text.py say it: by the same sentences.
import { ADDED } from "./engine.js";

/** The stance under which all that is said hangs on claims that nobody has proven. */
const AS_IF_PROVEN = "face_value";

export const ifProven = (stance) => stance === AS_IF_PROVEN;

/** low to high of 100, as words. */
export const span = ({ low, high }, text) => between(text.of100(low), text.of100(high), text);
export const signedSpan = ({ low, high }, text) => between(text.signed100(low), text.signed100(high), text);

/** A range of numbers as they are shown; one whose ends read the same is about that number. */
export const between = (low, high, text) => (low === high ? text("explain.about", { value: low }) : text("explain.range", { low, high }));

/** The best estimate of a chance with its range. */
export const chanceWords = (chance, text) =>
  text("explain.of_100", { value: text.of100(chance.probability) }) + text.bracket(span(chance, text));

/** The best estimate of the difference with its range. */
export const differenceWords = (difference, text) =>
  text.signed100(difference.value) + text.bracket(signedSpan(difference, text));

/** `What cells add`, or under which condition they would. */
export const addedTitle = (stance, text) => text(ifProven(stance) ? "explain.added_if_proven" : "explain.added");

/** The most probable class of what cells add with its run, that they cannot be told apart, or `cannot say`. */
export function addedWords(added, text) {
  if (!added) return text("category.cannot_say");
  const first = text(`added.${added.category}`);
  if (added.set.length === 1) return first;
  if (added.set.length === ADDED.length) return text("added_run.apart", { first });
  return text("added_run.span", { first, low: text(`added.${added.set[0]}`), high: text(`added.${added.set.at(-1)}`) });
}

/** The word on the sign of what cells add; at face value it would be, if every claim were proven. */
export function benefitWords(benefit, stance, text) {
  if (benefit && ifProven(stance)) return text(`benefit_if_proven.${benefit}`);
  return text(`benefit.${benefit ?? "cannot_say"}`);
}

/** The word on the sign with the chance behind it. */
export function signWords({ added_benefit: benefit, difference, stance }, text) {
  const chance = text.number(Math.min(99.9, Math.max(0.1, 100 * difference.probability_positive)), 1);
  return text("explain.sign", { word: text.capital(benefitWords(benefit, stance, text)), chance });
}

/** The stance with what it means. */
export const stanceWords = (stance, text) =>
  text.told(text("explain.stance"), text(`stance.${stance}`) + text.bracket(text(`stance_meaning.${stance}`)));

/** That numbers are rounded, where the difference of 100 is not that of the chances shown beside it. */
export function roundedOf({ usual_care: usual, with_cells: cells, difference }, text) {
  const [without, having, added] = [usual.probability, cells.probability, difference.value].map((p) => Math.round(100 * p));
  return having - without === added ? "" : text("rounded_note");
}

/** A category of response, or its set with the most probable first. */
export function responseWords({ set }, text) {
  const [first, ...others] = set.map((category) => text(`category.${category}`));
  return others.length ? text("explain.response_set", { first, others: text.list(others) }) : first;
}

/** The bounds of a class of what cells add, in patients of 100. */
export function classRange(name, rules, text) {
  const cuts = { fewer: rules.added_fewer_below, some: rules.added_some_from, many: rules.added_many_from };
  const signed = Object.entries(cuts).map(([cut, value]) => [cut, text.signed100(value)]);
  return text(`added_range.${name}`, Object.fromEntries(signed));
}

export const classLabel = (name, rules, text) => text(`added.${name}`) + text.bracket(classRange(name, rules, text));

/** How much of the chance lies in the run of classes. */
export function runWords({ set }, rules, text) {
  const kind = set.length === 1 ? "one" : set.length === ADDED.length ? "all" : "several";
  const ends = { low: text(`added.${set[0]}`), high: text(`added.${set.at(-1)}`) };
  return text(`explain.run.${kind}`, { ...ends, share: text.of100(rules.added_run) });
}

/** The one record that carries an answer, and what would be said without it. */
export function carrierWords({ category, added_benefit: benefit }, name, stance, text) {
  const words = [text(`added.${category ?? "cannot_say"}`), ...(benefit ? [benefitWords(benefit, stance, text)] : [])];
  const other = words.join(text("semicolon"));
  return text("explain.carried", { id: name, other });
}

/** The certainty with its reasons in GRADE's short names. */
export function certaintyWords({ certainty, certainty_reasons: reasons }, text) {
  const concerns = text.list(reasons.map((reason) => text(`concern.${reason}`)));
  return text.told(text("explain.certainty"), text(`certainty.${certainty}`)) + text.bracket(concerns);
}

/** The answer in two plain sentences: usual care first, then what cells add to it. */
export function sentences(answer, text) {
  if (answer.abstained) return [text("page.say.cannot")];
  const { response, added_benefit: benefit, stance } = answer;
  const key = ifProven(stance) ? "if_proven" : "added";
  return [text(`page.say.usual.${response.usual_care.category}`), text(`page.say.${key}.${benefit}`)];
}

/** What is known of the patient, and what is not. */
export function patientWords({ answer, text, names }) {
  const told = Object.entries(answer.profile.levels).filter(([, level]) => level !== null);
  const known = text.told(text("explain.profile"), text.facts(told.map(([id, level]) => names.both(id, level))));
  const unknown = answer.profile.unknown.map(names.factor);
  const open = unknown.length ? text.told(text.capital(text("explain.unknown_factors")), text.list(unknown)) : "";
  return text.join([known + text("stop"), open && open + text("stop")]);
}

/** The answer in one line, which a screen reader hears when it changes. */
export function oneLine(answer, text) {
  const certainty = certaintyWords(answer, text) + text("stop");
  if (answer.abstained) return text.join([...sentences(answer, text), certainty]);
  const { usual_care: usual, with_cells: cells, difference } = answer;
  const numbers = { usual: text.of100(usual.probability), cells: text.of100(cells.probability) };
  const added = text.told(addedTitle(answer.stance, text), addedWords(answer.added_response, text)) + text("stop");
  const line = text("page.one_line", { ...numbers, difference: text.signed100(difference.value) });
  return text.join([...sentences(answer, text), added, line, certainty]);
}

/** The sentences that forbid an answer. */
export const silences = ({ messages }) => messages.filter((m) => m.severity === "abstain").map((m) => m.text);

/** What every exported chart carries. */
export function carried(answer, text, version) {
  const sure = answer.abstained ? "" : text(`certainty_sentence.${answer.certainty}`);
  const proven = ifProven(answer.stance) ? [text("explain.if_proven")] : [];
  const source = { hash: answer.scorecard, version, stance: text(`stance.${answer.stance}`) };
  const certainty = text.join([certaintyWords(answer, text) + text("stop").trimEnd(), sure]);
  return {
    notes: [...silences(answer), ...proven, certainty, text("intended_use"), text("page.figure.source", source)],
  };
}
