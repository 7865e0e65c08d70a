// What if: one factor varied, two at once, the nearest changes with another answer, and what to ask first.
import { html } from "./vendor/htm-preact.js";
import { band } from "./cannot.js";
import { CLASS_FILL, COLOUR, heatChart, Legend, rowsChart, signOf } from "./charts.js";
import { ADDED } from "./engine.js";
import { Figure, Table } from "./figure.js";
import { chanceKey, whisker } from "./picture.js";
import { Section } from "./section.js";
import { studiedWords } from "./studied.js";
import { addedWords, benefitWords, classLabel, differenceWords, signedSpan, span } from "./words.js";

const drawings = { whisker, band };

/** Answers in brief as a chart of rows, with all their numbers. */
export function Rows({ v, name, title, rows, children }) {
  const { text } = v;
  const head = ["", text("page.usual_care"), text("page.with_cells"), text("page.difference"), text("explain.added")];
  return html`<${Figure} title=${title} name=${name} text=${text} keep=${v.keep} note=${text("page.rows_note")}
    draw=${(width) => rowsChart(rows, width, text, drawings)}
    table=${{ head, rows: rows.map((row) => rowNumbers(row, text)) }}>
    <${Legend} keys=${rowKeys(rows, text)} />${children}<//>`;
}

function rowKeys(rows, text) {
  const keys = [[chanceKey("usual"), text("page.usual_care")], [chanceKey("cells"), text("page.with_cells")]];
  const silent = ["url(#hatch-silent)", text("category.cannot_say"), COLOUR.muted];
  return rows.some((row) => row.silent) ? [...keys, silent] : keys;
}

const rowNumbers = (row, text) =>
  row.silent
    ? [row.name, ...Array(4).fill(text("category.cannot_say"))]
    : [row.name, span(row.usual, text), span(row.cells, text), signedSpan(row.difference, text), addedWords(row, text)];

function FactorSelect({ v, id, value, label, pick, without }) {
  const factors = v.explainer.factors.filter((f) => f.id !== without);
  return html`<label class="inline" for=${id}>${label} <select id=${id} value=${value}
    onChange=${(event) => pick(event.target.value)}>
    ${factors.map((f) => html`<option value=${f.id} selected=${f.id === value}>${v.text.pick(f.label)}</option>`)}
      </select></label>`;
}

/** What was studied of some factors, where a part of them is silent. */
function Studied({ v, ids, when }) {
  if (!when) return null;
  const said = ids.map((id) => studiedWords(v.explainer.shelf.factor.get(id), v));
  return html`<p class="small">${v.text.join([v.text("page.silent_where"), ...said])}</p>`;
}

export function Sweep({ v }) {
  const { text, explainer, understood, names } = v;
  const id = v.state.sweep || explainer.factors[0].id;
  const rows = explainer.shelf.factor.get(id).levelIds.map((level) => ({
    ...explainer.at(understood, { [id]: level }),
    name: names.level(id, level),
    current: understood.levels[id] === level,
  }));
  const title = text("page.sweep_chart", { factor: names.factor(id) });
  return html`<${Section} id="sweep" title=${text("page.section.sweep")} lead=${text("page.sweep_lead")}>
    <${FactorSelect} v=${v} id="sweep-factor" value=${id} label=${text("page.vary")}
      pick=${(sweep) => v.set({ sweep })} />
    <${Rows} v=${v} name=${`sweep-${id}`} title=${title} rows=${rows}>
      <${Studied} v=${v} ids=${[id]} when=${rows.some((row) => row.silent)} /><//>
  <//>`;
}

/** The two factors of the heat map: chosen ones, else the first of the patient and the first of the choices. */
function heatFactors({ state, explainer }) {
  if (state.heat) return state.heat;
  const { factors } = explainer;
  const down = factors.find((f) => f.role === "patient") || factors[0];
  const others = factors.filter((f) => f !== down);
  return [down.id, (others.find((f) => f.role === "chosen") || others[0]).id];
}

export function HeatMap({ v }) {
  const { text, names } = v;
  if (v.explainer.factors.length < 2) return null;
  const [down, across] = heatFactors(v);
  const grid = heatGrid(v, down, across);
  const title = text("page.heat_chart", { one: names.factor(down), other: names.factor(across) });
  const table = {
    head: [names.factor(down), ...grid.columns.map((c) => c.name)],
    rows: grid.rows.map((row, r) => [row.name, ...grid.cells[r].map((cell) => cell.spoken)]),
  };
  return html`<${Section} id="heat" title=${text("page.section.heat")} lead=${text("page.heat_lead")}>
    <${FactorSelect} v=${v} id="heat-down" value=${down} without=${across} label=${text("page.heat_down")}
      pick=${(id) => v.set({ heat: [id, across] })} />
    <${FactorSelect} v=${v} id="heat-across" value=${across} without=${down} label=${text("page.heat_across")}
      pick=${(id) => v.set({ heat: [down, id] })} />
    <${Figure} title=${title} name="heat" text=${text} keep=${v.keep} note=${text("page.heat_legend")}
      draw=${(width) => heatFits(grid, width)} table=${table}>
      <${Legend} keys=${ADDED.map((name) => [CLASS_FILL[name], `${signOf(name)} ${classLabel(name, v.scorecard.estimate, text)}`, COLOUR.muted])} />
      <p class="small">${text("page.heat_legend")}</p>
      <${Studied} v=${v} ids=${[down, across]} when=${grid.cells.flat().some((cell) => cell.silent)} /><//>
  <//>`;
}

/** The map with the longer factor down where the page is narrow. */
function heatFits(grid, width) {
  const turned = width < 560 && grid.columns.length > grid.rows.length;
  if (!turned) return heatChart(grid, width, drawings);
  const cells = grid.columns.map((_, c) => grid.rows.map((__, r) => grid.cells[r][c]));
  return heatChart({ columns: grid.rows, rows: grid.columns, cells }, width, drawings);
}

function heatGrid(v, down, across) {
  const axis = (id) =>
    v.explainer.shelf.factor.get(id).levelIds.map((level) => ({ level, name: v.names.level(id, level) }));
  const [rows, columns] = [axis(down), axis(across)];
  const cells = rows.map((row) => columns.map((column) => heatCell(v, { [down]: row.level, [across]: column.level })));
  return { rows, columns, cells };
}

function heatCell({ explainer, understood, text }, changes) {
  const at = explainer.at(understood, changes);
  const current = Object.entries(changes).every(([id, level]) => understood.levels[id] === level);
  if (at.silent) return { silent: true, current, spoken: text("category.cannot_say") };
  const words = text.signed100(at.difference.value);
  const certainty = at.certainty();
  const told = [signedSpan(at.difference, text), text(`added.${at.category}`), text(`certainty.${certainty}`)].join(text("semicolon"));
  return { ...at, certainty, current, words, spoken: words + text.bracket(told) };
}

export function Nearest({ v }) {
  const { text, names, answer } = v;
  const found = v.explainer.nearest(v.understood);
  const head = [text("page.change"), text("explain.added"), text("page.benefit"), text("page.difference")];
  const rows = found.map((a) => [
    text.capital(names.both(a.factor, a.level)),
    addedWords(a, text),
    benefitWords(a.benefit, answer.stance, text),
    differenceWords(a.difference, text),
  ]);
  const title = text("page.section.nearest");
  return html`<${Section} id="nearest" title=${title} lead=${text("whatif.nearest_note")}>
    ${answer.abstained ? html`<p>${text.capital(text("category.cannot_say"))}${text("stop")}</p>` : rows.length
      ? html`<${Table} head=${head} rows=${rows} caption=${title} />` : html`<p>${text("page.nearest_none")}</p>`}<//>`;
}

/** Whether the levels of an unknown factor differ in any number that is shown. */
const matters = (u, text) =>
  text.of100(u.with_cells_low) !== text.of100(u.with_cells_high) ||
  text.signed100(u.difference_low) !== text.signed100(u.difference_high);

export function Unknowns({ v }) {
  const { answer, text, names } = v;
  const title = text("explain.unknowns");
  return html`<${Section} id="unknowns" title=${title}>${unknownsOf(v, { answer, text, names, title })}<//>`;
}

function unknownsOf({ understood }, { answer, text, names, title }) {
  if (!understood.unknown.length) return html`<p>${text("page.all_known")}</p>`;
  if (answer.abstained) {
    const first = answer.extrapolation.unknowns[0];
    const many = answer.messages.some((m) => m.code === "too_many_unknowns");
    return html`<p>${many ? text("explain.ask_first", { factor: names.factor(first.factor) }) : text.capital(text("category.cannot_say")) + text("stop")}</p>`;
  }
  const telling = answer.unknowns.filter((u) => matters(u, text));
  const idle = answer.unknowns.filter((u) => !matters(u, text)).map((u) => names.factor(u.factor));
  const head = [text("page.factor"), text("page.with_cells"), text("page.difference"), text("page.narrows")];
  const rows = telling.map((u) => [
    text.capital(names.factor(u.factor)),
    span({ low: u.with_cells_low, high: u.with_cells_high }, text),
    signedSpan({ low: u.difference_low, high: u.difference_high }, text),
    text("explain.percent", { value: text.of100(u.narrows) }),
  ]);
  return html`${rows.length ? html`<${Table} head=${head} rows=${rows} caption=${title} />` : null}
    ${idle.length ? html`<p>${text("explain.unknown_idle", { factors: text.list(idle) })}</p>` : null}`;
}
