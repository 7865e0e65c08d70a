// The exercises: draw or choose a guess first, then see what the evidence gives, and why.
import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { Draw, told } from "./draw.js";
import { ADDED } from "./engine.js";
import { copy } from "./copy.js";
import { factsOf } from "./facts.js";
import { Section } from "./section.js";
import { address } from "./state.js";

export function Teach({ v }) {
  const { data, text, state } = v;
  const exercise = data.exercises[state.exercise];
  if (!exercise) return html`<p>${text("evidence.none")}</p>`;
  const all = data.exercises.length;
  const go = (n) => v.set({ exercise: n, guess: null });
  const button = (n, words) =>
    data.exercises[n] ? html`<button type="button" onClick=${() => go(n)}>${text(words)}</button>` : null;
  return html`<${Section} id="teach" heading="h2" title=${text("page.section.teach")} lead=${text("page.teach_lead")}>
    <label class="inline" for="exercise">${text("page.exercise_of", { n: state.exercise + 1, all })}
      <select id="exercise" value=${state.exercise} onChange=${(event) => go(Number(event.target.value))}>
      ${data.exercises.map((one, i) => html`<option value=${i} selected=${i === state.exercise}>
        ${i + 1}. ${one.words[text.language].title}</option>`)}</select></label>
    <${Exercise} key=${`${exercise.id} ${text.language}`} v=${v} exercise=${exercise} />
    <p class="pager">${button(state.exercise - 1, "page.previous")}${button(state.exercise + 1, "page.next")}</p>
  <//>`;
}

/** A guess that stands in the address, if it is one. */
function guessIn(exercise, guess, options) {
  if (guess === null) return null;
  if (exercise.kind !== "number") return options.some(([id]) => id === guess) ? guess : null;
  const number = guess.trim() === "" ? NaN : Number(guess);
  return number >= exercise.low && number <= exercise.high ? number : null;
}

function Exercise({ v, exercise }) {
  const { text, state } = v;
  const facts = factsOf(exercise, v);
  const options = exercise.kind === "number" ? [] : optionsOf(exercise, facts, text);
  const given = guessIn(exercise, state.guess, options);
  const [draft, setGuess] = useState(null);
  const [guess, revealed] = [given ?? draft, given !== null];
  const say = (part) => text.fill(exercise.words[text.language][part], facts);
  const drawn = exercise.kind === "number";
  const reveal = () => v.set({ guess: String(guess) });
  const asks = { v, exercise, facts, options, guess, setGuess, revealed, question: say("question") };
  return html`<article class="exercise"><h3>${say("title")}</h3><p>${say("story")}</p>
    ${drawn ? html`<${Draw} ...${asks} />` : html`<${Choose} ...${asks} />`}
    ${revealed ? html`<${Revealed} ...${asks} told=${say("reveal")} />` : html`<p><button
      type="button" class="primary" disabled=${guess === null} onClick=${reveal}>${text("page.reveal")}</button>
      ${guess === null ? html` <span class="small">${text(drawn ? "page.guess_first" : "page.choose_first")}</span>` : null}</p>`}
  </article>`;
}

/** What the evidence gives; the focus goes to it. */
function Revealed({ v, exercise, facts, options, guess, told: words }) {
  const { text, state } = v;
  const [said, say] = useState("");
  const element = useRef(null);
  useEffect(() => element.current.focus(), []);
  const share = async () => {
    const link = location.href.replace(/#.*$/, "") + address({ ...state, guess: String(guess) });
    say(text((await copy(link)) ? "page.copied" : "page.not_copied", { what: text("page.copy.link") }));
  };
  const { condition, stance = "graded", profile } = exercise;
  const open = () => v.set({ view: "explore", condition, stance, profile });
  return html`<div class="revealed" tabindex="-1" ref=${element}><p class="verdict">${outcome({ exercise, guess, facts, options }, text)}</p>
    <p>${words}</p>
    <p class="pager"><button type="button" onClick=${open}>${text("page.open_patient")}</button>
      <button type="button" onClick=${share}>${text("page.copy_result")}</button>
      <span class="small said" role="status">${said}</span></p></div>`;
}

function Choose({ exercise, options, guess, setGuess, question, revealed }) {
  return html`<fieldset class="options" disabled=${revealed}><legend>${question}</legend>
    ${options.map(
      ([id, words]) => html`<label><input type="radio" name=${`guess-${exercise.id}`} value=${id}
      checked=${guess === id} onChange=${() => setGuess(id)} /> ${words}</label>`,
    )}</fieldset>`;
}

/** The options of a question as [id, words]. */
function optionsOf(exercise, facts, text) {
  if (exercise.options === "classes") return [...ADDED, "cannot_say"].map((id) => [id, text(`added.${id}`)]);
  if (exercise.options === "unknowns") return facts.unknowns;
  return exercise.options.map((id) => [id, exercise.words[text.language].options[id]]);
}

/** What is right, from the evidence and the model as they stand. */
export function rightAnswer(exercise, facts) {
  if (exercise.answer) return exercise.answer;
  const asked = {
    classes: () => facts.class_id,
    unknowns: () => facts.most_telling,
    contrast: () => (facts.raw_contrast[0] > 1 ? "better" : facts.raw_contrast[1] < 1 ? "worse" : "no_difference"),
    more_usual_care: () => exercise.options[facts.raw.usual_value > facts.raw_other ? 0 : 1],
  };
  return asked[exercise.right || exercise.options]();
}

function outcome({ exercise, guess, facts, options }, text) {
  if (exercise.kind === "number") {
    const range = { guess: told(guess, exercise, text), low: facts[`${exercise.of}_low`], high: facts[`${exercise.of}_high`] };
    const { low, high } = facts.raw[exercise.of];
    const inside = guess >= Math.round(100 * low) && guess <= Math.round(100 * high);
    return text(inside ? "page.guess_inside" : "page.guess_outside", range);
  }
  const right = rightAnswer(exercise, facts);
  const words = Object.fromEntries(options)[right];
  return text(guess === right ? "page.guess_right" : "page.guess_wrong", { answer: words });
}
