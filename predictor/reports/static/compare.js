// Two scenarios side by side, the example and this patient at first, with what differs in the middle.
import { html } from "./vendor/htm-preact.js";
import { silentWords } from "./cannot.js";
import { AllFaults } from "./fault.js";
import { Table } from "./figure.js";
import { Section } from "./section.js";
import { scenarioOf } from "./state.js";
import { Rows } from "./whatif.js";
import { addedWords, benefitWords, chanceWords, differenceWords, ifProven, roundedOf } from "./words.js";

/** The scenario to compare with: the one set aside, else the example of the condition. */
function otherOf({ state, data }) {
  return state.saved ?? { condition: state.condition, stance: state.stance, profile: data.examples[state.condition] ?? {} };
}

export function Compare({ v }) {
  const { text, state } = v;
  const other = otherOf(v);
  const aside = v.at(other);
  const swap = () => v.set({ ...other, saved: scenarioOf(state) });
  const button = (words, act) => html`<button type="button" onClick=${act}>${words}</button>`;
  const title = text("page.section.compare");
  const both = { ...v, keep: { notes: [...aside.wrong, ...v.keep.notes] } };
  return html`<div class="compare"><${Section} id="compare" heading="h2" title=${title} lead=${text(state.saved ? "page.compare_lead" : "page.compare_example")}>
    <div class="pair"><${Scenario} v=${aside} letter="A" /><${Differences} v=${v} aside=${aside} />
      <${Scenario} v=${v} letter="B" /></div>
    <${Rows} v=${both} name="compare" title=${text("page.compare_chart")} rows=${[rowOf("A", aside), rowOf("B", v)]} />
    <p class="buttons">${button(text("page.swap"), swap)}
      ${button(text("page.set_aside"), () => v.set({ saved: scenarioOf(state) }))}
      ${state.saved ? button(text("page.drop_aside"), () => v.set({ saved: null })) : null}</p>
  <//></div>`;
}

function rowOf(name, { answer }) {
  if (answer.abstained) return { name, silent: true };
  const { usual_care: usual, with_cells: cells, difference, added_response: added } = answer;
  return { name, silent: false, usual, cells, difference, ...added };
}

function Scenario({ v, letter }) {
  const { text, answer } = v;
  const numbers = answer.abstained
    ? []
    : [
        [text("page.usual_care"), chanceWords(answer.usual_care, text)],
        [text("page.with_cells"), chanceWords(answer.with_cells, text)],
        [text("page.difference"), differenceWords(answer.difference, text)],
        [text("page.benefit"), benefitWords(answer.added_benefit, answer.stance, text)],
      ];
  const facts = [
    [text("explain.added"), addedWords(answer.added_response, text)],
    ...numbers,
    [text("explain.certainty"), text(`certainty.${answer.certainty}`)],
    [text("explain.stance"), text(`stance.${answer.stance}`)],
  ];
  return html`<article class="scenario"><h3>${text.told(letter, text.pick(v.scorecard.configuration.label))}</h3>
    <${AllFaults} v=${v} />
    <dl>${facts.map(([name, words]) => html`<div><dt>${text.capital(name)}</dt><dd>${words}</dd></div>`)}</dl>
    ${v.refused ? null : answer.abstained ? html`<p class="withheld">${silentWords(v)}</p>` : html`<p class="small">${roundedOf(answer, text)}</p>`}
    ${ifProven(answer.stance) ? html`<p class="small">${text("explain.if_proven")}</p>` : null}</article>`;
}

/** What differs between the two, between them. */
function Differences({ v, aside }) {
  const { text } = v;
  return html`<div class="differs"><h3>${text("page.what_differs")}</h3>${differences(v, aside)}</div>`;
}

function differences(v, aside) {
  const { text } = v;
  if (aside.state.condition !== v.state.condition) return html`<p>${text("page.other_condition")}</p>`;
  const level = (one, id) => one.names.level(id, one.answer.profile.levels[id]);
  const told = v.explainer.factors.map((f) => [v.names.factor(f.id), level(aside, f.id), level(v, f.id)]);
  const stances = [aside, v].map((one) => text(`stance.${one.answer.stance}`));
  const rows = [...told, [text("explain.stance"), ...stances]].filter(([, a, b]) => a !== b);
  if (!rows.length) return html`<p>${text("page.nothing_differs")}</p>`;
  return html`<${Table} head=${[text("page.factor"), "A", "B"]} rows=${rows.map(([name, ...rest]) => [text.capital(name), ...rest])} caption=${text("page.what_differs")} />`;
}
