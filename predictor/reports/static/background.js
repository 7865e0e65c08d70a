// What stands behind: growth without cells, safety as it was found, similar groups, sources, and the version.
import { html } from "./vendor/htm-preact.js";
import { curveChart } from "./charts.js";
import { Figure, Table } from "./figure.js";
import { Citation, studyFacts } from "./reasons.js";
import { Section } from "./section.js";

/** Where the patient is on the curves, or null. */
function placeOf(factor, { stated }) {
  const told = Object.entries(factor.fields).find(([id]) => typeof stated[id] === "number");
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

const atMonth = (month, text) => (month === undefined ? "" : text("page.at_month", { month }));

export function Safety({ v }) {
  const { text, scorecard, explainer } = v;
  const title = text("page.section.safety");
  const head = [text("page.study"), text("page.what_counted"), text("page.found"), text("page.where")];
  const rows = scorecard.evidence.safety.map((row) => [
    explainer.shelf.shortName(row.study_id) + (row.arm_id === "between" ? "" : text("comma") + armOf(row, v)),
    text.pick(row.scale) + atMonth(row.time_months, text),
    foundOf(row, text),
    text.pick(row.where_in_source) + text.bracket(text(`verification.${row.verification}`)),
  ]);
  return html`<${Section} id="safety" title=${title} lead=${text("page.safety_lead")}>
    <${Table} head=${head} rows=${rows} caption=${title} /><//>`;
}

const armOf = ({ arm_id: id }, { text, scorecard }) => text.pick(scorecard.configuration.vocabulary.arm_id[id]) || id;

function foundOf(row, text) {
  const counted = row.events === undefined ? "" : `${text.number(row.events)}/${text.number(row.n)}`;
  const value =
    row.value === undefined || counted ? "" : `${text(`measure.${row.measure}`)} ${text.number(row.value, 2, 0)}`;
  const direction = row.direction ? text(`direction.${row.direction}`) : "";
  return [counted, value, direction].filter(Boolean).join(text("semicolon")) || text(`measure.${row.measure}`);
}

export function Similar({ v }) {
  const { text, explainer, understood } = v;
  const title = text("page.section.similar");
  const head = [text("page.study"), text("page.alike"), text("page.responded"), text("page.control_groups")];
  const rows = explainer.shelf
    .similar(understood.levels)
    .map((group) => [
      explainer.shelf.shortName(group.study_id) + atMonth(group.follow_up_months, text),
      text("explain.percent", { value: text.of100(group.similarity) }),
      outcomeOf(group, text),
      controlsOf(group, text),
    ]);
  return html`<${Section} id="similar" title=${title} lead=${text("page.similar_lead")}>
    <${Table} head=${head} rows=${rows} caption=${title} /><//>`;
}

const observed = ({ observed: share, n }, text) =>
  text("explain.of_100", { value: text.of100(share) }) + text.bracket(`n = ${text.number(n)}`);

function controlsOf(group, text) {
  if (group.control) return observed(group.control, text);
  return text(group.role === "contrast" ? "page.within_ratio" : "page.no_control_group");
}

function outcomeOf(group, text) {
  if (group.observed !== undefined) return observed(group, text);
  const [estimate, half] = [group.log_odds_ratio, 1.6448536269514722 * group.se];
  const ratio = (x) => text.number(Math.exp(x), 2);
  return text("page.odds_ratio", {
    ratio: ratio(estimate),
    low: ratio(estimate - half),
    high: ratio(estimate + half),
    n: text.number(group.n || 0),
  });
}

/** The studies behind an answer, each once. */
export function studiesBehind({ answer, explainer }) {
  const items = explainer.evidence(answer).filter((item) => item.study_id);
  const ids = [...new Set(items.map((item) => item.study_id))].sort();
  return ids.map((id) => ({
    ...explainer.shelf.study(id),
    year: (explainer.scorecard.evidence.studies[id] || {}).year,
  }));
}

export function Sources({ v }) {
  const { text, scorecard } = v;
  const studies = studiesBehind(v);
  const article = text(`article.${scorecard.configuration.article}`);
  return html`<${Section} id="sources" title=${text("page.section.sources")}>
    <p>${text("page.sources_lead", { article, n: studies.length })}</p>
    <details><summary>${text("page.all_sources")}${text.bracket(studies.length)}</summary><ul class="sources">
      ${studies.map((study) => html`<li><${Citation} study=${study} /> <span class="small">${studyFacts(study, text)}
        </span></li>`)}</ul></details>
  <//>`;
}

export function Version({ v }) {
  const { text, data, scorecard } = v;
  return html`<${Section} id="version" title=${text("page.section.version")}>
    <p>${text("page.version_line", { version: data.version, hash: scorecard.hash, schema: scorecard.schema_version })}
      </p><//>`;
}
