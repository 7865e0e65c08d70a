// A scenario with its answer: what every part of the page reads from.
import { Explainer } from "./answer.js";
import { refusals, wrongWords } from "./fault.js";
import { understand } from "./profile.js";
import { carried } from "./words.js";

const made = new Map();

/** Computes once what a scorecard under a stance needs. */
function explainerOf(data, condition, stance, text) {
  const key = `${condition} ${stance} ${text.language}`;
  if (!made.has(key)) made.set(key, new Explainer(data.scorecards[condition], stance, text));
  return made.get(key);
}

/** A scenario with its answer; elsewhere: faults of the address beside those of the profile. wrong: the faults in
 * sentences, which all that is taken along carries; refused: whether they forbid an answer. */
export function scenario(data, text, { condition, stance, profile }, elsewhere = []) {
  const scorecard = data.scorecards[condition];
  const explainer = explainerOf(data, condition, stance, text);
  const basis = { data, text, scorecard, explainer, names: namesOf(explainer, text) };
  const understood = silenced(understand(profile, scorecard.configuration), basis);
  const faults = [...elsewhere, ...understood.faults];
  const wrong = wrongWords(faults, basis);
  const answer = explainer.answer(understood);
  const keep = { notes: [...wrong, ...carried(answer, text, data.version).notes] };
  return { ...basis, understood, answer, keep, faults, wrong, refused: refusals(faults).length > 0 };
}

/** A profile that is refused as a whole: its faults stand where the answer would. */
function silenced(understood, basis) {
  const { language } = basis.text;
  const held = wrongWords(refusals(understood.faults), basis).map((words) => ({
    code: "contradictory",
    severity: "abstain",
    values: { reason: { [language]: words } },
  }));
  return { ...understood, messages: [...held, ...understood.messages] };
}

function namesOf(explainer, text) {
  const factor = (id) => text.pick(explainer.shelf.factor.get(id).label);
  const level = (id, name) =>
    name === null ? text("unknown") : text.pick(explainer.shelf.factor.get(id).levels[name].label);
  return { factor, level, both: (id, name) => text.told(factor(id), level(id, name)) };
}

/** The scenario of a state, with ways to others: the same patient under another stance, and any scenario. */
export function viewOf(data, texts, state, set, faults) {
  const text = texts[state.language];
  const own = scenario(data, text, state, faults);
  const others = new Map([[state.stance, own.answer]]);
  const under = (stance) => {
    if (!others.has(stance)) others.set(stance, explainerOf(data, state.condition, stance, text).answer(own.understood));
    return others.get(stance);
  };
  const at = ({ condition, stance = "graded", profile }) => ({
    ...scenario(data, text, { condition, stance, profile }),
    state: { ...state, condition, stance, profile },
    set,
  });
  return { ...own, state, set, under, at };
}
