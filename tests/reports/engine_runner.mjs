// Answers profiles with the page's engine, for tests/test_engine.py. Reads {data, cases} as JSON from a
// file (first argument) and the modules' folder (second); writes what was asked of each case as JSON lines.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const load = (name) => import(pathToFileURL(join(process.argv[3], name)).href);
const { erfc, normalQuantile } = await load("normal.js");
const { Explainer } = await load("answer.js");
const { converted, fieldsOf, inFewDigits, levelAt, understand } = await load("profile.js");
const { factorsOf } = await load("engine.js");
const { catalogue } = await load("text.js");

const { data, cases, numbers } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const texts = { en: catalogue(data, "en"), zh: catalogue(data, "zh") };
const explainers = new Map();

function explainer({ condition, stance, language = "en" }) {
  const key = `${condition} ${stance} ${language}`;
  if (!explainers.has(key)) {
    explainers.set(key, new Explainer(data.scorecards[condition], stance, texts[language]));
  }
  return explainers.get(key);
}

/** A cell as a row of numbers and codes, in the order that the test gives. */
function row(one) {
  const answer = explainer(one).answer({ condition: one.condition, stated: {}, messages: [], unknown: [], ...one });
  const told = answer.extrapolation ?? answer;
  const chance = (c) => [c.probability ?? c.value, c.low, c.high];
  const patients = (c) => [c.per_100.usual_care, c.per_100.with_cells, c.per_100.difference];
  const numbers = [
    ...chance(told.usual_care), ...chance(told.with_cells), ...chance(told.difference),
    told.difference.probability_positive, ...Object.values(told.added_response.probabilities),
    ...Object.values(told.response.usual_care.probabilities), ...Object.values(told.response.with_cells.probabilities),
    told.worth_patients,
    told.baseline.usual_care, told.baseline.effect, told.baseline.effect_from_claims, ...patients(told.baseline),
    ...told.contributions.flatMap((c) => [
      c.usual_care, c.effect, c.effect_from_studies, c.effect_from_claims, ...patients(c), c.low, c.high,
      c.usual_care_low, c.usual_care_high, c.effect_low, c.effect_high,
    ]),
  ];
  return { numbers, codes: codesOf(answer, told) };
}

function codesOf(answer, told) {
  return [
    told.added_response.category, told.added_response.set, told.response.usual_care.set, told.response.with_cells.set,
    told.added_benefit, told.carried_by, answer.certainty, answer.certainty_reasons, answer.abstained,
    answer.messages.map((m) => m.code),
  ];
}

function whole(one) {
  const chosen = explainer(one);
  const understood = understand(one.profile, data.scorecards[one.condition].configuration);
  if (understood.faults.length) return { faults: understood.faults.map((f) => f.code), cures: understood.faults.map((f) => f.cure) };
  return chosen.record(chosen.answer(understood));
}

/** Numbers of one field told in another and back: [number there, its level, number again, level, as it is shown, its level]. */
function elsewhere({ condition, factor: id, from, to, values }) {
  const factor = factorsOf(data.scorecards[condition]).find((f) => f.id === id);
  const [here, there] = [from, to].map((name) => fieldsOf(factor).find((f) => f.id === name));
  const level = (number, field) => levelAt(factor, number * field.multiply_by);
  return values.map((value) => {
    const [moved, shown] = [converted(value, factor, here, there), inFewDigits(value, factor, here)];
    return [moved, level(moved, there), converted(moved, factor, there, here), level(value, here), shown, level(shown, here)];
  });
}

const answered = (one) => (one.values ? elsewhere(one) : one.levels ? row(one) : whole(one));
for (const one of cases) console.log(JSON.stringify(answered(one)));
console.log(JSON.stringify((numbers ?? []).map(([name, x]) => (name === "erfc" ? erfc(x) : normalQuantile(x)))));
