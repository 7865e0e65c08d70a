// A scenario with its answer: what every part of the page reads from.
import { Explainer } from "./answer.js";
import { understand } from "./profile.js";
import { carried } from "./words.js";

const made = new Map();

/** Computes once what a scorecard under a stance needs. */
function explainerOf(data, condition, stance, text) {
  const key = `${condition} ${stance} ${text.language}`;
  if (!made.has(key)) made.set(key, new Explainer(data.scorecards[condition], stance, text));
  return made.get(key);
}

export function scenario(data, text, condition, stance, profile) {
  const scorecard = data.scorecards[condition];
  const understood = understand(profile, scorecard.configuration);
  const explainer = explainerOf(data, condition, stance, text);
  const answer = explainer.answer(understood);
  const keep = carried(answer, text, data.version);
  return { data, text, scorecard, understood, explainer, answer, names: namesOf(explainer, text), keep };
}

function namesOf(explainer, text) {
  const factor = (id) => text.pick(explainer.shelf.factor.get(id).label);
  const level = (id, name) =>
    name === null ? text("unknown") : text.pick(explainer.shelf.factor.get(id).levels[name].label);
  return { factor, level, both: (id, name) => text.told(factor(id), level(id, name)) };
}

/** The scenario of a state, with ways to others: the same patient under another stance, and any scenario. */
export function viewOf(data, texts, state, set) {
  const text = texts[state.language];
  const own = scenario(data, text, state.condition, state.stance, state.profile);
  const others = new Map([[state.stance, own.answer]]);
  const under = (stance) => {
    if (!others.has(stance)) others.set(stance, explainerOf(data, state.condition, stance, text).answer(own.understood));
    return others.get(stance);
  };
  const at = ({ condition, stance = "graded", profile }) => ({
    ...scenario(data, text, condition, stance, profile),
    state: { ...state, condition, stance, profile },
    set,
  });
  return { ...own, state, set, under, at };
}
