// The state of the page, and how the address holds it: no identifiers, nothing stored.

export const VIEWS = ["explore", "compare", "teach"];
const OWN = ["view", "lang", "condition", "stance", "sweep", "heat", "saved", "exercise"];
const LONGEST = 4000;

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
  };
}

/** The state that an address holds, and what is wrong with it: {state, faults}. */
export function readAddress(hash, first, data) {
  const faults = [];
  const query = hash.replace(/^#/, "");
  if (!query) return { state: first, faults };
  if (query.length > LONGEST) return { state: first, faults: [{ code: "too_long", high: LONGEST }] };
  const told = new URLSearchParams(query);
  const one = (name, allowed, otherwise) => chosen(told, name, allowed, otherwise, faults);
  const condition = one("condition", Object.keys(data.scorecards), first.condition);
  const factors = Object.keys(data.scorecards[condition].configuration.factors);
  const profile = profileOf(told);
  const state = {
    view: one("view", VIEWS, first.view),
    language: one("lang", ["en", "zh"], first.language),
    stance: one("stance", stancesOf(data.scorecards[condition]), first.stance),
    condition,
    profile: Object.keys(profile).length || told.has("condition") ? profile : first.profile,
    sweep: one("sweep", factors, null),
    heat: heatOf(told, factors, faults),
    saved: savedOf(told.get("saved"), data, faults),
    exercise: Number(
      one(
        "exercise",
        data.exercises.map((_, i) => String(i)),
        "0",
      ),
    ),
  };
  return { state, faults };
}

function chosen(told, name, allowed, otherwise, faults) {
  if (!told.has(name)) return otherwise;
  const value = told.get(name);
  if (allowed.includes(value)) return value;
  faults.push({ code: "not_a_word", field: name, found: value, expected: allowed });
  return otherwise;
}

function profileOf(told) {
  const values = [...told].filter(([name]) => !OWN.includes(name));
  return Object.fromEntries(
    values.map(([name, value]) => [name, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value]),
  );
}

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

function scenarioQuery({ condition, stance, profile }) {
  return new URLSearchParams({ condition, stance, ...profile });
}

/** The address of a state, from its # on. */
export function address(state) {
  const told = scenarioQuery(state);
  told.set("lang", state.language);
  if (state.view !== "explore") told.set("view", state.view);
  if (state.sweep) told.set("sweep", state.sweep);
  if (state.heat) told.set("heat", state.heat.join(","));
  if (state.saved) told.set("saved", scenarioQuery(state.saved).toString());
  if (state.exercise) told.set("exercise", state.exercise);
  return `#${told}`;
}
