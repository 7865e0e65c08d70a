// The answer first: the profile as understood, usual care, with cells, the difference, category, certainty.
import { html } from "./vendor/htm-preact.js";
import { categoryChart, COLOUR, differenceChart, iconArray } from "./charts.js";
import { Drawing, Figure } from "./figure.js";
import { CATEGORIES } from "./engine.js";

export function Section({ id, title, lead, children }) {
  return html`<section id=${id} aria-labelledby=${`${id}-title`}>
    <h2 id=${`${id}-title`}>${title}</h2>${lead ? html`<p class="lead">${lead}</p>` : null}${children}</section>`;
}

/** low to high of 100, as words. */
export const span = ({ low, high }, text) => text("explain.range", { low: text.of100(low), high: text.of100(high) });
export const signedSpan = ({ low, high }, text) =>
  text("explain.range", { low: text.signed100(low), high: text.signed100(high) });

/** The category, or the set with the most probable first, or `cannot say`. */
export function categoryWords({ response }, text) {
  if (response.category === null) return text("category.cannot_say");
  const [first, ...others] = response.set.map((category) => text(`category.${category}`));
  return others.length ? text("explain.response_set", { first, others: text.list(others) }) : first;
}

/** Whether the evidence does not reach the patient, so that no number may be read as an answer. */
export const withheld = (answer) => !answer.response.set.length;

/** The answer in one line, which a screen reader hears when it changes. */
export function oneLine(answer, text) {
  if (withheld(answer)) return text("page.one_line_silent");
  return text("page.one_line", {
    category: categoryWords(answer, text),
    usual: span(answer.usual_care, text),
    cells: span(answer.with_cells, text),
    difference: signedSpan(answer.difference, text),
    certainty: text(`certainty.${answer.certainty}`),
  });
}

/** What every exported chart carries. */
export function carried(answer, text, version) {
  const word = text.told(text("explain.certainty"), text(`certainty.${answer.certainty}`));
  const certainty = word + text("stop") + text(`certainty_sentence.${answer.certainty}`);
  const source = text("page.figure.source", {
    hash: answer.scorecard,
    version,
    stance: text(`stance.${answer.stance}`),
  });
  const silent = answer.messages.filter((message) => message.severity === "abstain").map((message) => message.text);
  return { notes: [...silent, certainty, text("intended_use"), source] };
}

export function Profile({ v }) {
  const { answer, text, names } = v;
  const told = v.explainer.factors.filter((f) => answer.profile.levels[f.id] !== null);
  const unknown = answer.profile.unknown;
  return html`<${Section} id="profile" title=${text("page.section.profile")}>
    <ul class="chips">
      ${told.map((f) => html`<li class="chip"><span>${text.capital(names.factor(f.id))}
        </span> ${names.level(f.id, answer.profile.levels[f.id])}</li>`)}
      ${unknown.map((id) => html`<li class="chip unknown"><span>${text.capital(names.factor(id))}
        </span> ${text("page.unknown_mark")}</li>`)}
    </ul>
    <${Notes} v=${v} />
  <//>`;
}

const MARKS = { info: "i", warning: "!", abstain: "×" };
const FIELD_FIRST = ["assumed_mapping", "two_scales_differ"];

function Notes({ v }) {
  const { text } = v;
  if (!v.answer.messages.length) return null;
  return html`<ul class="notes">${v.answer.messages.map(
    (note) => html`<li class=${note.severity}>
    <span class="mark" aria-hidden="true">${MARKS[note.severity]}</span>
    <span>${FIELD_FIRST.includes(note.code) ? note.text : text.capital(note.text)}</span></li>`,
  )}</ul>`;
}

export function Chances({ v }) {
  const { answer, text } = v;
  const outcome = text.pick(v.scorecard.configuration.outcomes[v.scorecard.configuration.reference_outcome].label);
  const question = v.explainer.factors.find((f) => f.role === "question");
  const asked = question && v.names.level(question.id, answer.profile.levels[question.id]);
  const lead = text.join([text("explain.means", { outcome }), asked && text("explain.asked_for", { asked })]);
  const silent = withheld(answer);
  return html`<${Section} id="chances" title=${text("page.section.chances")} lead=${lead}>
    ${silent ? html`<p class="withheld"><strong>${text.capital(text("category.cannot_say"))}${text("stop")}
      </strong>${text("page.withheld")}</p>` : null}
    <div class=${silent ? "chances muted" : "chances"}>
      <${Chance} v=${v} name="usual_care" chance=${answer.usual_care} colour=${COLOUR.usual} />
      <${Chance} v=${v} name="with_cells" chance=${answer.with_cells} colour=${COLOUR.cells} />
      <${Difference} v=${v} />
    </div>
    <p class="small">${text.join([text("page.icons_legend"), text("page.range_note")])}</p>
  <//>`;
}

/** The table of one range: low end, middle, high end, each written by `shown`. */
function rangeTable(name, { low, middle, high }, shown, text) {
  const head = ["", text("page.low"), text("page.middle"), text("page.high")];
  return { head, rows: [[name, shown(low), shown(middle), shown(high)]] };
}

function Chance({ v, name, chance, colour }) {
  const { text } = v;
  const title = text(`page.${name}`);
  const sure = Math.round(chance.low * 100);
  const perhaps = Math.round(chance.high * 100) - sure;
  return html`<article class="chance"><h3>${title}</h3>
    <p class="range">${span(chance, text)}<small>${text("page.of_100")}</small></p>
    <${Figure} title=${`${title}${text("colon")}${span(chance, text)} ${text("page.of_100")}`} name=${name}
      text=${text} keep=${v.keep} note=${text("page.icons_legend")}
      draw=${() => iconArray({ sure, perhaps, colour })}
        table=${rangeTable(title, { ...chance, middle: chance.probability }, text.of100, text)}>
      <p class="small">${text("page.middle_is", { value: text.of100(chance.probability) })}</p><//></article>`;
}

function Difference({ v }) {
  const { text, answer } = v;
  const { value, low, high, probability_positive: positive } = answer.difference;
  const title = text("page.difference");
  const words = signedSpan(answer.difference, text);
  const middle = text("page.middle_is", { value: text.signed100(value) });
  const benefit = text(`benefit.${answer.added_benefit || "cannot_say"}`);
  const hundred = (share) => Math.round(Math.max(0, share) * 100);
  const icons = {
    lost: hundred(-low),
    sure: hundred(low),
    perhaps: hundred(high) - hundred(low),
    colour: COLOUR.cells,
  };
  const table = rangeTable(title, { low, middle: value, high }, text.signed100, text);
  return html`<article class="chance difference"><h3>${title}</h3>
    <p class="range">${words}<small>${text("page.of_100")}</small></p>
    <${Drawing} chart=${iconArray(icons)}
      name=${text("page.difference_icons", { low: text.signed100(low), high: text.signed100(high) })} />
    <${Figure} title=${`${title}${text("colon")}${words} ${text("page.of_100")}`} name="difference" text=${text}
      keep=${v.keep} note=${text("page.range_note")}
      draw=${(width) => differenceChart({ value, low, high }, width, text)} table=${table}>
      <p><strong>${text.capital(benefit)}</strong></p>
      <p class="small">${text.join([middle, text("page.chance_positive", { chance: text.of100(positive) })])}</p>
    <//></article>`;
}

export function Category({ v }) {
  const { answer, text } = v;
  const rules = v.scorecard.estimate;
  const ranges = { high: text.of100(rules.high_from), moderate: text.of100(rules.moderate_from) };
  const named = (id) => `${text(`category.${id}`)}${text.bracket(text(`category_range.${id}`, ranges))}`;
  const parts = CATEGORIES.map((id) => ({
    id,
    share: answer.response.probabilities[id],
    words: `${text(`category.${id}`)} ${text.of100(answer.response.probabilities[id])}`,
  }));
  const rows = CATEGORIES.map((id) => [named(id), text.of100(answer.response.probabilities[id])]);
  const title = text("page.category_chart");
  return html`<${Section} id="category" title=${text("page.section.category")}>
    <p class="verdict">${text.capital(categoryWords(answer, text))}</p>
    ${
      withheld(answer)
        ? null
        : html`<p>${distance(v)}</p>
      <${Figure} title=${title} name="category" text=${text} keep=${v.keep}
        draw=${(width) => categoryChart(parts, width)}
        table=${{ head: ["", text("page.chances_of_100")], rows }} />`
    }
    <p class="small">${text.list(CATEGORIES.map(named))}</p>
  <//>`;
}

/** How far the middle estimate lies from the next category. */
function distance({ answer, scorecard, text }) {
  const at = answer.with_cells.probability;
  const { high_from: high, moderate_from: moderate } = scorecard.estimate;
  const points = (gap) => text.number(Math.abs(gap) * 100, 0);
  const from = (gap, name) =>
    text(gap >= 0 ? "page.above_cut" : "page.below_cut", { points: points(gap), category: text(`category.${name}`) });
  if (at >= high) return from(at - high, "high");
  if (at < moderate) return from(at - moderate, "moderate");
  return text.join([from(at - high, "high"), from(at - moderate, "moderate")]);
}

export function Certainty({ v }) {
  const { answer, text } = v;
  const reasons = text.list(answer.certainty_reasons.map((reason) => text(`certainty_reason.${reason}`)));
  const filled = { very_low: 1, low: 2, moderate: 3 }[answer.certainty];
  return html`<${Section} id="certainty" title=${text("page.section.certainty")}>
    <p class="verdict"><span class="grade" aria-hidden="true">${[1, 2, 3, 4].map((n) => html`<i
      class=${n <= filled ? "on" : ""}></i>`)}</span>${text.capital(text(`certainty.${answer.certainty}`))}</p>
    <p>${text.join([text(`certainty_sentence.${answer.certainty}`), text("explain.because", { reasons })])}</p>
    <p class="small">${text("explain.worth", { patients: text.number(answer.worth_patients, 0) })}</p>
  <//>`;
}
