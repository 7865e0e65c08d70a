// You draw it: the guess as a mark on an axis, over which the answer is drawn when it is revealed.
import { html } from "./vendor/htm-preact.js";
import { COLOUR, label, textWidth } from "./charts.js";
import { useWidth } from "./figure.js";
import { whisker } from "./picture.js";
import { between } from "./words.js";

const SIDE = 8;
const HEIGHT = 128;
const LINE = 84;

/** A guess as it is written on its axis: with a sign where it may be below zero. */
export const told = (guess, { low }, text) => text.number(guess, 0, 0, low < 0 ? "exceptZero" : "negative");

export function Draw({ v, exercise, facts, guess, setGuess, revealed, question }) {
  const { text } = v;
  const [element, width] = useWidth();
  const take = (event) => setGuess(Number(event.target.value));
  const shown = guess === null ? text("page.guess_here") : text("page.your_guess", { guess: told(guess, exercise, text) });
  const { low, high } = exercise;
  return html`<label class="question" for="guess">${question}</label>
    <div class="draw" ref=${element}><svg height=${HEIGHT} viewBox=${`0 0 ${width} ${HEIGHT}`} aria-hidden="true">
      ${axisOf(exercise, width, text)}${revealed ? answerOf({ exercise, facts, guess, width, text }) : null}
      ${guess === null ? null : markOf({ exercise, guess, width, shown })}</svg>
      <input id="guess" type="range" min=${low} max=${high} step="1" value=${guess ?? (low + high) / 2} disabled=${revealed}
        aria-valuetext=${shown} onInput=${take} onClick=${take} /></div>`;
}

const place = ({ low, high }, width) => (value) => SIDE + ((value - low) / (high - low)) * (width - 2 * SIDE);

/** The axis, its ends in words. */
function axisOf(exercise, width, text) {
  const x = place(exercise, width);
  const { low, high } = exercise;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low));
  const [first, last] = low < 0 ? ["page.end_fewer", "page.end_more"] : ["page.end_none", "page.end_all"];
  return html`<rect x=${x(low)} y=${LINE} width=${x(high) - x(low)} height="2" fill=${COLOUR.ink} />
    ${ticks.map(
      (at) => html`<rect x=${x(at) - 0.5} y=${LINE - 5} width="1" height="11" fill=${COLOUR.ink} />
      ${label(x(at), LINE + 21, told(at, exercise, text), { anchor: at === low ? "start" : at === high ? "end" : "middle", size: 12 })}`,
    )}
    ${label(0, HEIGHT - 4, text(first, { n: Math.abs(low) }), { size: 12, fill: COLOUR.muted })}
    ${label(width, HEIGHT - 4, text(last, { n: high }), { anchor: "end", size: 12, fill: COLOUR.muted })}`;
}

function markOf({ exercise, guess, width, shown }) {
  const at = place(exercise, width)(guess);
  const half = textWidth(shown, 13) / 2 + 2;
  const middle = Math.min(width - half, Math.max(half, at));
  return html`<path d=${`M${at} 26V${LINE + 4}M${at - 6} ${LINE - 10}L${at} ${LINE}L${at + 6} ${LINE - 10}`} fill="none"
    stroke=${COLOUR.lowers} stroke-width="2.5" />${label(middle, 18, shown, { anchor: "middle", weight: 650 })}`;
}

/** The interval of the answer with its best estimate, over the guess. */
function answerOf({ exercise, facts, guess, width, text }) {
  const { low, high, value } = facts.raw[exercise.of];
  const x = place(exercise, width);
  const chance = { low: 100 * low, high: 100 * high, probability: 100 * value };
  const words = between(facts[`${exercise.of}_low`], facts[`${exercise.of}_high`], text);
  const half = textWidth(words, 13) / 2;
  const middle = Math.min(width - half, Math.max(half, x(100 * value)));
  const guessed = x(guess);
  const near = Math.abs(middle - guessed) < half + 12;
  const away = guessed - 2 * half - 12 > 0 && middle <= guessed ? guessed - half - 12 : guessed + half + 12;
  return html`${whisker(x, 58, chance, exercise.of === "usual" ? "usual" : "cells")}
    ${label(near ? away : middle, 44, words, { anchor: "middle", weight: 650 })}`;
}
