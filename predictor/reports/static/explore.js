// What if: the three stances side by side, sweeps and heat maps, growth without cells, what would change most.
import { html } from "./vendor/htm-preact.js";
import { curveChart, heatChart, rowsChart } from "./charts.js";
import { Figure, Table } from "./figure.js";
import { categoryWords, Section, signedSpan, span } from "./verdict.js";
import { stancesOf } from "./state.js";

/** An estimate or an answer as a row of a chart. */
const whiskers = ({ usualCare, withCells }) => ({
  usual: { ...usualCare, value: usualCare.probability },
  cells: { ...withCells, value: withCells.probability },
});

const rowNumbers = (row, text) =>
  row.silent
    ? [row.name, ...Array(3).fill(text("category.cannot_say"))]
    : [row.name, span(row.usual, text), span(row.cells, text), signedSpan(row.difference, text)];

const rowHead = (text) => ["", text("page.usual_care"), text("page.with_cells"), text("page.difference")];

export function Stances({ v }) {
  const { text, state } = v;
  return html`<${Section} id="stances" title=${text("page.section.stances")} lead=${text("page.stances_lead")}>
    <fieldset class="stances"><legend class="hidden">${text("explain.stance")}</legend>
      ${stancesOf(v.scorecard).map((stance) => html`<${StanceCard} key=${stance} v=${v} stance=${stance}
        chosen=${state.stance === stance} />`)}
    </fieldset>
    <${StanceFigure} v=${v} />
  <//>`;
}

function StanceCard({ v, stance, chosen }) {
  const { text } = v;
  const answer = v.under(stance);
  return html`<label class=${chosen ? "stance chosen" : "stance"}>
    <span class="stance-name"><input type="radio" name="stance" value=${stance} checked=${chosen}
      onChange=${() => v.set({ stance })} />
      ${text.capital(text(`stance.${stance}`))}</span>
    <span class="small">${text(`stance_meaning.${stance}`)}</span>
    <span class="range">${signedSpan(answer.difference, text)}<small>${text("page.difference_of_100")}</small></span>
    <span>${text.capital(text(`benefit.${answer.added_benefit || "cannot_say"}`))}</span>
    <span class="small">${text("page.response_is", { category: categoryWords(answer, text) })}</span>
    <span class="small">${text("explain.certainty")}${text("colon")}${text(`certainty.${answer.certainty}`)}</span>
  </label>`;
}

function StanceFigure({ v }) {
  const { text } = v;
  const rows = stancesOf(v.scorecard).map((stance) => {
    const { usual_care: usualCare, with_cells: withCells, difference } = v.under(stance);
    return {
      name: text(`stance.${stance}`),
      ...whiskers({ usualCare, withCells }),
      difference,
      current: stance === v.state.stance,
    };
  });
  const title = text("page.stances_chart");
  return html`<${Figure} title=${title} name="stances" text=${text} keep=${v.keep} note=${text("page.rows_note")}
    draw=${(width) => rowsChart(rows, width, text)}
    table=${{ head: rowHead(text), rows: rows.map((row) => rowNumbers(row, text)) }}><${RowsLegend}
      text=${text} /><//>`;
}

function RowsLegend({ text }) {
  return html`<p class="legend"><i class="key ring"></i>${text("page.usual_care")} <i class="key diamond"></i>
    ${text("page.with_cells")}
    <i class="key silent"></i>${text("page.hatched_silent")}</p>`;
}

function FactorSelect({ v, id, value, label, pick, without }) {
  const factors = v.explainer.factors.filter((f) => f.id !== without);
  return html`<label class="inline" for=${id}>${label} <select id=${id} value=${value}
    onChange=${(event) => pick(event.target.value)}>
    ${factors.map((f) => html`<option value=${f.id} selected=${f.id === value}>${v.text.pick(f.label)}</option>`)}
      </select></label>`;
}

export function Sweep({ v }) {
  const { text, explainer, understood, names } = v;
  const id = v.state.sweep || explainer.factors[0].id;
  const rows = explainer.shelf.factor.get(id).levelIds.map((level) => {
    const { estimate, silent } = explainer.at(understood, { [id]: level });
    return {
      name: names.level(id, level),
      ...whiskers(estimate),
      difference: estimate.difference,
      silent,
      silentWords: text("category.cannot_say"),
      current: understood.levels[id] === level,
    };
  });
  const title = text("page.sweep_chart", { factor: names.factor(id) });
  return html`<${Section} id="sweep" title=${text("page.section.sweep")} lead=${text("page.sweep_lead")}>
    <${FactorSelect} v=${v} id="sweep-factor" value=${id} label=${text("page.vary")}
      pick=${(sweep) => v.set({ sweep })} />
    <${Figure} title=${title} name=${`sweep-${id}`} text=${text} keep=${v.keep} note=${text("page.rows_note")}
      draw=${(width) => rowsChart(rows, width, text)}
      table=${{ head: rowHead(text), rows: rows.map((row) => rowNumbers(row, text)) }}><${RowsLegend}
        text=${text} /><//>
  <//>`;
}

/** The two factors of the heat map: chosen ones, else the first of the patient and the first of the choices, where
 * there are such. */
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
      draw=${(width) => heatFits(grid, width)} table=${table} />
    <p class="small">${text("page.heat_legend")}</p>
  <//>`;
}

/** The map with the longer factor down where the page is narrow. */
function heatFits(grid, width) {
  const turned = width < 560 && grid.columns.length > grid.rows.length;
  if (!turned) return heatChart(grid, width);
  const cells = grid.columns.map((_, c) => grid.rows.map((__, r) => grid.cells[r][c]));
  return heatChart({ columns: grid.rows, rows: grid.columns, cells }, width);
}

function heatGrid(v, down, across) {
  const axis = (id) =>
    v.explainer.shelf.factor.get(id).levelIds.map((level) => ({ level, name: v.names.level(id, level) }));
  const [rows, columns] = [axis(down), axis(across)];
  const cells = rows.map((row) => columns.map((column) => heatCell(v, { [down]: row.level, [across]: column.level })));
  return { rows, columns, cells };
}

function heatCell({ explainer, understood, text }, changes) {
  const { estimate, silent } = explainer.at(understood, changes);
  const { difference } = estimate;
  const current = Object.entries(changes).every(([id, level]) => understood.levels[id] === level);
  const spoken = silent
    ? text("category.cannot_say")
    : text.signed100(difference.value) + text.bracket(signedSpan(difference, text));
  return { value: difference.value, words: silent ? "?" : text.signed100(difference.value), silent, current, spoken };
}

/** Where the patient is on the curves, or null. */
function placeOf(factor, { stated }) {
  const told = Object.entries(factor.fields).find(([id, field]) => id in stated && field.minimum !== undefined);
  return told ? stated[told[0]] * (told[1].multiply_by || 1) : null;
}

export function Course({ v }) {
  const { text, scorecard } = v;
  const groups = scorecard.evidence.natural_course;
  if (!groups.length) return null;
  const curves = groups.map((group) => ({
    ...group,
    name: group.group,
    points: (at) => group.limit * (1 - Math.exp((-Math.LN10 * at) / group.at_nine_tenths)),
  }));
  const natural = scorecard.configuration.natural_course;
  const { scale, shown } = natural;
  const factor = v.explainer.shelf.factor.get(natural.factor);
  const [by, unit] = [text.pick(factor.label), unitOf(factor, text)];
  const words = { here: text("page.course_here"), axis: text("page.course_axis", { by, unit }) };
  const rows = curves.map((c) => [
    c.name,
    ...shown.at.map((at) => text.number(c.points(at), 0)),
    text.number(c.limit, 1),
    text.number(c.at_nine_tenths, 1),
  ]);
  const ends = [text("page.limit"), text("page.course_nine_tenths", { by })];
  const head = ["", ...shown.at.map((at) => text("page.course_at", { at, unit })), ...ends];
  const title = text("page.course_chart", { chart: text.pick(natural.chart), scale, axis: words.axis });
  const { citation } = v.explainer.shelf.citation(natural.study);
  const source = text.told(text("page.source_is"), citation) + text("stop") + text.pick(groups[0].source);
  const range = scorecard.configuration.scales[scale].range;
  const chart = { curves, here: placeOf(factor, v.understood), last: shown.to, range, words };
  return html`<${Section} id="course" title=${text.pick(natural.title)} lead=${text.pick(natural.lead)}>
    <${Figure} title=${title} name="course" text=${text} keep=${v.keep} note=${source}
      draw=${(width) => curveChart(chart, width)} table=${{ head, rows }} />
    <p class="small">${source}</p>
  <//>`;
}

/** The word for the unit in which a factor is measured. */
function unitOf(factor, text) {
  const [id, field] = Object.entries(factor.fields).find(([, f]) => f.minimum !== undefined);
  return text.unit(id, field.unit);
}

export function Changes({ v }) {
  const { text } = v;
  return html`<${Section} id="changes" title=${text("page.section.changes")}>
    <h3>${text("explain.unknowns")}</h3><${Unknowns} v=${v} />
    <h3>${text("page.single_studies")}</h3><p>${text("page.single_studies_lead")}</p><${WithoutStudies} v=${v} />
  <//>`;
}

/** Whether the levels of an unknown factor differ in any number that is shown. */
const matters = (u, text) =>
  text.of100(u.with_cells_low) !== text.of100(u.with_cells_high) ||
  text.signed100(u.difference_low) !== text.signed100(u.difference_high);

function Unknowns({ v }) {
  const { answer, text, names } = v;
  const telling = answer.unknowns.filter((u) => matters(u, text));
  const idle = answer.unknowns.filter((u) => !matters(u, text)).map((u) => names.factor(u.factor));
  if (!answer.unknowns.length) return html`<p>${text("page.all_known")}</p>`;
  const head = [text("page.factor"), text("page.with_cells"), text("page.difference"), text("page.narrows")];
  const rows = telling.map((u) => [
    text.capital(names.factor(u.factor)),
    text("explain.range", { low: text.of100(u.with_cells_low), high: text.of100(u.with_cells_high) }),
    text("explain.range", { low: text.signed100(u.difference_low), high: text.signed100(u.difference_high) }),
    `${text.number(Math.max(0, u.narrows) * 100, 0)}%`,
  ]);
  return html`${rows.length ? html`<${Table} head=${head} rows=${rows} caption=${text("explain.unknowns")} />` : null}
    ${idle.length ? html`<p>${text("explain.unknown_idle", { factors: text.list(idle) })}</p>` : null}`;
}

/** Each study with what its leaving out would do, the largest change first. */
export function studiesByChange({ explainer, answer }) {
  const studies = new Map();
  for (const group of explainer.scorecard.groups) {
    if (group.id in explainer.influence)
      studies.set(group.study_id, [...(studies.get(group.study_id) || []), group.id]);
  }
  const rows = [...studies].map(([study, records]) => ({ study, estimate: explainer.without(answer, records) }));
  const change = (row) => Math.abs(row.estimate.difference.value - answer.difference.value);
  return rows.sort((a, b) => change(b) - change(a)).slice(0, 6);
}

function WithoutStudies({ v }) {
  const { text, answer, explainer } = v;
  const line = (name, e) => [
    name,
    text.of100(e.usualCare.probability),
    text.of100(e.withCells.probability),
    text.signed100(e.difference.value) + text.bracket(signedSpan(e.difference, text)),
  ];
  const now = { usualCare: answer.usual_care, withCells: answer.with_cells, difference: answer.difference };
  const rows = studiesByChange(v).map(({ study, estimate }) =>
    line(text("page.without", { study: explainer.shelf.shortName(study) }), estimate),
  );
  return html`<${Table} head=${[...rowHead(text)]} rows=${[line(text("page.with_all"), now), ...rows]}
    caption=${text("page.single_studies")} />`;
}
