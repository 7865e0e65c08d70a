// The state of the page, and how the address holds it: no identifiers, nothing stored.

export const VIEWS = ["explore", "compare", "teach"];
const OWN = ["view", "lang", "condition", "stance", "sweep", "heat", "saved", "exercise", "guess", "record"];
/** Changes that Back undoes; moves of a slider are none. */
const STEPS = ["view", "language", "condition", "exercise"];
const LONGEST = 4000;
const RECORD = "2";

/** The stances under which a model was fitted. */
export const stancesOf = (scorecard) => Object.keys(scorecard.stances);

/** The state that the page opens with. */
export function initialState(data, start) {
  const condition = start.condition || Object.keys(data.scorecards)[0];
  return {
    view: "explore",
    language: start.language,
    stance: "graded",
    condition,
    profile: start.profile || data.examples[condition] || {},
    sweep: null,
    heat: null,
    saved: null,
    exercise: 0,
    guess: null,
  };
}

/** Whether going from one state to the other is a step. */
export const isStep = (before, after) => STEPS.some((name) => before[name] !== after[name]);

/** The state that an address holds, and what is wrong with it: {state, faults}. */
export function readAddress(hash, first, data) {
  const query = hash.replace(/^#/, "");
  if (!query) return { state: first, faults: [] };
  if (query.length > LONGEST) return { state: first, faults: [{ code: "too_long", high: LONGEST }] };
  const told = new URLSearchParams(query);
  const faults = [...repeated(told), ...ofOtherRecord(told)];
  return { state: stateOf(told, first, data, faults), faults };
}

function stateOf(told, first, data, faults) {
  const one = (name, allowed, otherwise) => chosen(told, name, allowed, otherwise, faults);
  const condition = one("condition", Object.keys(data.scorecards), first.condition);
  const card = data.scorecards[condition];
  const factors = Object.keys(card.configuration.factors);
  const profile = profileOf(told);
  return {
    view: one("view", VIEWS, first.view),
    language: one("lang", ["en", "zh"], first.language),
    stance: one("stance", stancesOf(card), first.stance),
    condition,
    profile: Object.keys(profile).length || told.has("condition") ? profile : first.profile,
    sweep: one("sweep", factors, null),
    heat: heatOf(told, factors, faults),
    saved: savedOf(told.get("saved"), data, faults),
    exercise: Number(one("exercise", Object.keys(data.exercises), "0")),
    guess: told.get("guess"),
  };
}

function chosen(told, name, allowed, otherwise, faults) {
  if (!told.has(name)) return otherwise;
  const value = told.get(name);
  if (allowed.includes(value)) return value;
  faults.push({ code: "not_a_word", field: name, found: value, expected: allowed });
  return otherwise;
}

/** Fields that stand in the address more than once. */
function repeated(told) {
  const names = [...told.keys()];
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...twice].map((field) => ({ code: "repeated", field, found: told.getAll(field) }));
}

/** An address that the page wrote when the answer record was of another version. */
function ofOtherRecord(told) {
  const whole = ["lang", "condition", "stance"].every((name) => told.has(name));
  const record = told.get("record") ?? (whole ? "1" : RECORD);
  return record === RECORD ? [] : [{ code: "other_record", found: record, expected: [RECORD] }];
}

function profileOf(told) {
  const names = [...new Set(told.keys())].filter((name) => !OWN.includes(name));
  return Object.fromEntries(names.map((name) => [name, plain(told.get(name))]));
}

/** A word of the address, or a number. */
export const plain = (value) => (/^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value);

function heatOf(told, factors, faults) {
  if (!told.has("heat")) return null;
  const pair = told.get("heat").split(",");
  if (pair.length === 2 && pair[0] !== pair[1] && pair.every((id) => factors.includes(id))) return pair;
  faults.push({ code: "not_a_word", field: "heat", found: told.get("heat"), expected: factors });
  return null;
}

function savedOf(query, data, faults) {
  if (!query) return null;
  const told = new URLSearchParams(query);
  const condition = chosen(told, "condition", Object.keys(data.scorecards), null, faults);
  if (!condition) return null;
  const stances = stancesOf(data.scorecards[condition]);
  return { condition, stance: chosen(told, "stance", stances, "graded", faults), profile: profileOf(told) };
}

export const scenarioOf = ({ condition, stance, profile }) => ({ condition, stance, profile });

const scenarioQuery = ({ condition, stance, profile }) => new URLSearchParams({ condition, stance, ...profile });

/** The address of a state, from its # on. */
export function address(state) {
  const told = scenarioQuery(state);
  told.set("lang", state.language);
  told.set("record", RECORD);
  if (state.view !== "explore") told.set("view", state.view);
  if (state.sweep) told.set("sweep", state.sweep);
  if (state.heat) told.set("heat", state.heat.join(","));
  if (state.saved) told.set("saved", scenarioQuery(state.saved).toString());
  if (state.exercise) told.set("exercise", state.exercise);
  if (state.guess !== null && state.view === "teach") told.set("guess", state.guess);
  return `#${told}`;
}
