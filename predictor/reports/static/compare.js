// Two scenarios side by side: the one set aside, and the one in the controls.
import { html } from "./vendor/htm-preact.js";
import { rowsChart } from "./charts.js";
import { Figure, Table } from "./figure.js";
import { categoryWords, Section, signedSpan, span, withheld } from "./verdict.js";

export function Compare({ v, aside }) {
  const { text } = v;
  if (!aside) {
    return html`<${Section} id="compare" title=${text("page.section.compare")}><p>${text("page.compare_empty")}</p>
      <p><button type="button" onClick=${v.setAside}>${text("page.set_aside")}</button></p><//>`;
  }
  const swap = () => v.set({ ...aside.scenario, saved: scenarioOf(v.state) });
  return html`<${Section} id="compare" title=${text("page.section.compare")} lead=${text("page.compare_lead")}>
    <div class="pair"><${Scenario} v=${aside} letter="A" /><${Scenario} v=${v} letter="B" /></div>
    <${Pair} v=${v} aside=${aside} />
    <h3>${text("page.what_differs")}</h3><${Differences} v=${v} aside=${aside} />
    <p class="buttons"><button type="button" onClick=${swap}>${text("page.swap")}</button>
      <button type="button" onClick=${v.setAside}>${text("page.set_aside_again")}</button>
      <button type="button" onClick=${() => v.set({ saved: null })}>${text("page.drop_aside")}</button></p>
  <//>`;
}

export const scenarioOf = ({ condition, stance, profile }) => ({ condition, stance, profile });

function Scenario({ v, letter }) {
  const { text, answer } = v;
  const facts = [
    [text("page.usual_care"), span(answer.usual_care, text)],
    [text("page.with_cells"), span(answer.with_cells, text)],
    [text("page.difference"), signedSpan(answer.difference, text)],
    [text("explain.response"), categoryWords(answer, text)],
    [text("page.benefit"), text(`benefit.${answer.added_benefit || "cannot_say"}`)],
    [text("explain.certainty"), text(`certainty.${answer.certainty}`)],
    [text("explain.stance"), text(`stance.${answer.stance}`)],
  ];
  return html`<article class="scenario"><h3>${letter}${text("colon")}${text.pick(v.scorecard.configuration.label)}</h3>
    <dl>${facts.map(([name, words]) => html`<div><dt>${name}</dt><dd>${words}</dd></div>`)}</dl>
    ${
      answer.abstained
        ? html`<p class="small">${answer.messages
            .filter((m) => m.severity === "abstain")
            .map((m) => m.text)
            .join(" ")}</p>`
        : null
    }</article>`;
}

function Pair({ v, aside }) {
  const { text } = v;
  const row = (letter, { answer }) => ({
    name: letter,
    usual: { ...answer.usual_care, value: answer.usual_care.probability },
    cells: { ...answer.with_cells, value: answer.with_cells.probability },
    difference: answer.difference,
    silent: withheld(answer),
    silentWords: text("category.cannot_say"),
  });
  const rows = [row("A", aside), row("B", v)];
  const head = ["", text("page.usual_care"), text("page.with_cells"), text("page.difference")];
  const cells = rows.map((r) => [r.name, span(r.usual, text), span(r.cells, text), signedSpan(r.difference, text)]);
  return html`<${Figure} title=${text("page.section.compare")} name="compare" text=${text} keep=${v.keep}
    note=${text("page.rows_note")}
    draw=${(width) => rowsChart(rows, width, text)} table=${{ head, rows: cells }} />`;
}

function Differences({ v, aside }) {
  const { text } = v;
  if (aside.scenario.condition !== v.state.condition) return html`<p>${text("page.other_condition")}</p>`;
  const level = (one, id) => one.names.level(id, one.answer.profile.levels[id]);
  const rows = v.explainer.factors
    .map((f) => [v.names.factor(f.id), level(aside, f.id), level(v, f.id)])
    .filter(([, a, b]) => a !== b);
  if (aside.scenario.stance !== v.state.stance)
    rows.push([text("explain.stance"), text(`stance.${aside.scenario.stance}`), text(`stance.${v.state.stance}`)]);
  if (!rows.length) return html`<p>${text("page.nothing_differs")}</p>`;
  return html`<${Table} head=${[text("page.factor"), "A", "B"]} rows=${rows} caption=${text("page.what_differs")} />`;
}
