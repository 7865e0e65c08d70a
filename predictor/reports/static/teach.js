// The exercises: guess first, then see what the evidence gives, and why.
import { html, useState } from "./vendor/htm-preact.js";
import { Section } from "./section.js";
const categoryWords = () => "";
import { stancesOf } from "./state.js";

export function Teach({ v }) {
  const { data, text, state } = v;
  const exercise = data.exercises[state.exercise];
  if (!exercise) return html`<p>${text("evidence.none")}</p>`;
  const go = (n) => v.set({ exercise: n });
  return html`<${Section} id="teach" title=${text("page.section.teach")} lead=${text("page.teach_lead")}>
    <nav aria-label=${text("page.section.teach")}><ol class="steps">${data.exercises.map(
      (one, i) => html`<li>
      <button type="button" aria-current=${i === state.exercise ? "step" : null} onClick=${() => go(i)}>
        ${i + 1}. ${one.words[text.language].title}</button></li>`,
    )}</ol></nav>
    <${Exercise} key=${exercise.id} v=${v} exercise=${exercise} />
    ${state.exercise + 1 < data.exercises.length ? html`<p><button type="button"
      onClick=${() => go(state.exercise + 1)}>${text("page.next")}</button></p>` : null}
  <//>`;
}

function Exercise({ v, exercise }) {
  const { text } = v;
  const [guess, setGuess] = useState(null);
  const [revealed, reveal] = useState(false);
  const say = (part, values = {}) => text.fill(exercise.words[text.language][part], values);
  const facts = factsOf(exercise, v);
  const Ask = exercise.kind === "number" ? NumberGuess : ChoiceGuess;
  return html`<article class="exercise"><h3>${say("title")}</h3><p>${say("story", facts)}</p>
    <${Ask} v=${v} exercise=${exercise} facts=${facts} guess=${guess} setGuess=${setGuess}
      question=${say("question", facts)} revealed=${revealed} />
    <p><button type="button" class="primary" disabled=${guess === null || revealed} onClick=${() => reveal(true)}>
      ${text("page.reveal")}</button>
      ${guess === null ? html` <span class="small">${text("page.guess_first")}</span>` : null}</p>
    <div role="status">${
      revealed
        ? html`<div class="revealed"><p class="verdict">${outcome(exercise, guess, facts, text)}</p>
      <p>${say("reveal", facts)}</p>
      <p><button type="button" onClick=${() => open(v, exercise)}>${text("page.open_patient")}</button></p></div>`
        : null
    }</div>
  </article>`;
}

const open = (v, { condition, stance = "graded", profile }) => v.set({ view: "explore", condition, stance, profile });

function NumberGuess({ v, exercise, guess, setGuess, question, revealed }) {
  const { low, high } = exercise;
  const shown = guess === null ? "?" : v.text.number(guess, 0, 0, low < 0 ? "exceptZero" : "negative");
  return html`<label class="guess" for="guess"><span>${question}</span>
    <input id="guess" type="range" min=${low} max=${high} step="1" value=${guess ?? (low + high) / 2}
      disabled=${revealed}
      aria-valuetext=${guess === null ? v.text("page.no_guess") : shown}
        onInput=${(event) => setGuess(Number(event.target.value))} />
    <output for="guess">${shown}</output></label>`;
}

function ChoiceGuess({ v, exercise, facts, guess, setGuess, question, revealed }) {
  return html`<fieldset class="choices" disabled=${revealed}><legend>${question}</legend>
    ${optionsOf(exercise, facts, v.text).map(
      ([id, words]) => html`<label><input type="radio" name=${`guess-${exercise.id}`} value=${id}
      checked=${guess === id} onChange=${() => setGuess(id)} /> ${words}</label>`,
    )}</fieldset>`;
}

/** The options of a question as [id, words]. */
function optionsOf(exercise, facts, text) {
  if (exercise.options === "categories")
    return ["high", "moderate", "low", "cannot_say"].map((id) => [id, text(`category.${id}`)]);
  if (exercise.options === "unknowns") return facts.unknowns;
  return exercise.options.map((id) => [id, exercise.words[text.language].options[id]]);
}

/** What is right, from the evidence and the model as they stand. */
export function rightAnswer(exercise, facts) {
  if (exercise.answer) return exercise.answer;
  const asked = {
    categories: () => facts.category_id,
    unknowns: () => facts.most_telling,
    contrast: () => (facts.raw_contrast[0] > 1 ? "better" : facts.raw_contrast[1] < 1 ? "worse" : "no_difference"),
    more_usual_care: () => exercise.options[facts.raw.usual_value > facts.raw_other ? 0 : 1],
  };
  return asked[exercise.right || exercise.options]();
}

function outcome(exercise, guess, facts, text) {
  if (exercise.kind === "number") {
    const told = { guess: text.number(guess), low: facts[`${exercise.of}_low`], high: facts[`${exercise.of}_high`] };
    const [low, high] = facts.raw[exercise.of];
    const inside = guess >= low && guess <= high;
    return text(inside ? "page.guess_inside" : "page.guess_outside", told);
  }
  const right = rightAnswer(exercise, facts);
  const words = Object.fromEntries(optionsOf(exercise, facts, text))[right];
  return text(guess === right ? "page.guess_right" : "page.guess_wrong", { answer: words });
}

/** Every number and text that an exercise may tell, from the scorecard and the model. */
export function factsOf(exercise, v) {
  const asked = v.scenario(exercise.condition, exercise.stance || "graded", exercise.profile);
  return {
    ...numbersOf(asked),
    ...differencesOf(exercise, v),
    ...otherOf(exercise, v),
    ...recordsOf(exercise, asked),
    ...textsOf(exercise, asked),
  };
}

function numbersOf({ answer, text, names }) {
  const { usual_care: usual, with_cells: cells, difference } = answer;
  const telling = answer.unknowns
    .filter((u) => u.narrows > 0)
    .slice(0, 4)
    .map((u) => u.factor);
  const unknowns = Object.keys(answer.profile.levels)
    .filter((id) => telling.includes(id))
    .reverse()
    .map((id) => [id, names.factor(id)]);
  return {
    usual: text.of100(usual.probability),
    usual_low: text.of100(usual.low),
    usual_high: text.of100(usual.high),
    cells: text.of100(cells.probability),
    cells_low: text.of100(cells.low),
    cells_high: text.of100(cells.high),
    difference: text.signed100(difference.value),
    difference_low: text.signed100(difference.low),
    difference_high: text.signed100(difference.high),
    category: categoryWords(answer, text),
    category_id: answer.response.category || "cannot_say",
    messages: answer.messages
      .filter((m) => m.severity === "abstain")
      .map((m) => m.text)
      .join(" "),
    narrows: answer.unknowns.length ? text.of100(answer.unknowns[0].narrows) : "",
    unknowns,
    most_telling: telling[0],
    raw: {
      usual: rounded(usual),
      usual_value: usual.probability,
      cells: rounded(cells),
      difference: rounded(difference),
    },
  };
}

const rounded = ({ low, high }) => [Math.round(low * 100), Math.round(high * 100)];

function differencesOf(exercise, v) {
  const value = (stance) => v.scenario(exercise.condition, stance, exercise.profile).answer.difference;
  const stances = stancesOf(v.data.scorecards[exercise.condition]);
  return Object.fromEntries(stances.map((stance) => [stance, v.text.signed100(value(stance).value)]));
}

function otherOf({ other_profile: profile, condition, stance = "graded" }, v) {
  if (!profile) return {};
  const other = v.scenario(condition, stance, profile).answer.usual_care.probability;
  return { other_usual: v.text.of100(other), raw_other: other };
}

/** A study group's share and a comparison's odds ratio, from the records of the model. */
function recordsOf({ series, contrast }, { explainer, text }) {
  const facts = {};
  const group = explainer.shelf.groups.get(series);
  if (group) Object.assign(facts, { series: text.of100(group.observed), series_n: text.number(group.n) });
  const other = explainer.shelf.groups.get(contrast);
  if (other) {
    const ratio = (z) => text.number(Math.exp(other.log_odds_ratio + z * other.se), 1);
    Object.assign(facts, {
      contrast: ratio(0),
      contrast_low: ratio(-1.96),
      contrast_high: ratio(1.96),
      contrast_n: text.number(other.n),
    });
    facts.raw_contrast = [-1.96, 1.96].map((z) => Math.exp(other.log_odds_ratio + z * other.se));
  }
  return facts;
}

function textsOf({ check, finding }, { explainer, text }) {
  const facts = {};
  if (check) Object.assign(facts, explainer.shelf.check(check));
  const found =
    finding && [...explainer.shelf.findings.values()].find((f) => f.study_id === finding[0] && f.factor === finding[1]);
  if (found) facts.finding = text.pick(found.finding);
  return facts;
}
