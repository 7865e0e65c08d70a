// Answers profiles with the page's engine, for tests/test_engine.py. Reads {data, cases} as JSON from a
// file (first argument) and the modules' folder (second); writes what was asked of each case as JSON lines.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const load = (name) => import(pathToFileURL(join(process.argv[3], name)).href);
const { erfc, normalQuantile } = await load("engine.js");
const { Explainer } = await load("answer.js");
const { understand } = await load("profile.js");
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
  const chance = (c) => [c.probability ?? c.value, c.low, c.high];
  const numbers = [
    ...chance(answer.usual_care), ...chance(answer.with_cells), ...chance(answer.difference),
    answer.difference.probability_positive, ...Object.values(answer.response.probabilities), answer.worth_patients,
    answer.baseline.usual_care, answer.baseline.effect, answer.baseline.effect_from_claims,
    ...answer.contributions.flatMap((c) => [
      c.usual_care, c.effect, c.effect_from_studies, c.effect_from_claims, c.low, c.high,
      c.usual_care_low, c.usual_care_high, c.effect_low, c.effect_high,
    ]),
  ];
  return { numbers, codes: codesOf(answer) };
}

function codesOf(answer) {
  return [
    answer.response.category, answer.response.set, answer.added_benefit, answer.certainty,
    answer.certainty_reasons, answer.abstained, answer.messages.map((m) => m.code),
  ];
}

function whole(one) {
  const chosen = explainer(one);
  const understood = understand(one.profile, data.scorecards[one.condition].configuration);
  if (understood.faults.length) return { faults: understood.faults.map((f) => f.code) };
  return chosen.record(chosen.answer(understood));
}

for (const one of cases) console.log(JSON.stringify(one.levels ? row(one) : whole(one)));
console.log(JSON.stringify((numbers ?? []).map(([name, x]) => (name === "erfc" ? erfc(x) : normalQuantile(x)))));
