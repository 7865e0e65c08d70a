// Can we trust it: what the certainty rests on, the stances, what disagrees, and leaving out one study.
import { html } from "./vendor/htm-preact.js";
import { Dots } from "./certainty.js";
import { Table } from "./figure.js";
import { Checks } from "./reasons.js";
import { Section } from "./section.js";
import { stancesOf } from "./state.js";
import { Rows } from "./whatif.js";
import { addedWords, benefitWords, carrierWords, runWords } from "./words.js";

/** The certainty with its reasons in full, and the one record that carries the answer. */
export function Rests({ v }) {
  const { answer, text } = v;
  const reasons = text.facts(answer.certainty_reasons.map((reason) => text(`certainty_reason.${reason}`)));
  const { abstained } = answer;
  return html`<${Section} id="certainty" title=${text("page.section.certainty")}>
    <p class="verdict"><${Dots} certainty=${answer.certainty} /> <strong>${text.capital(text(`certainty.${answer.certainty}`))}</strong></p>
    <p>${text.join([abstained ? "" : text(`certainty_sentence.${answer.certainty}`), text("explain.because", { reasons })])}</p>
    ${abstained ? null : html`<p>${runWords(answer.added_response, v.scorecard.estimate, text)}</p>
      <p>${text("explain.worth", { patients: text.number(answer.worth_patients, 0) })}</p>`}
    ${answer.carried_by ? html`<${Carrier} v=${v} />` : null}
  <//>`;
}

/** The one record that carries the answer, in words; its id behind a disclosure. */
function Carrier({ v: { answer, explainer, text } }) {
  const { id } = answer.carried_by;
  return html`<p><strong>${carrierWords(answer.carried_by, explainer.shelf.called(id), answer.stance, text)}</strong></p>
    <details><summary>${text("page.id")}</summary><p class="ids small">${id}</p></details>`;
}

export function Stances({ v }) {
  const { text, state } = v;
  const rows = stancesOf(v.scorecard).map((stance) => rowOf(v.under(stance), stance, state.stance, text));
  const head = ["", text("explain.added"), text("page.benefit"), text("explain.certainty")];
  const said = rows.map(({ name, answer }) => [
    name,
    addedWords(answer.added_response, text),
    benefitWords(answer.added_benefit, answer.stance, text),
    text(`certainty.${answer.certainty}`),
  ]);
  const title = text("page.stances_chart");
  return html`<${Section} id="stances" title=${text("page.section.stances")} lead=${text("page.stances_lead")}>
    <${Rows} v=${v} name="stances" title=${title} rows=${rows} />
    <${Table} head=${head} rows=${said} caption=${text("page.section.stances")} /><//>`;
}

function rowOf(answer, stance, chosen, text) {
  const name = text.capital(text(`stance.${stance}`));
  const row = { name, answer, current: stance === chosen };
  if (answer.abstained) return { ...row, silent: true };
  const { usual_care: usual, with_cells: cells, difference, added_response: added } = answer;
  return { ...row, silent: false, usual, cells, difference, ...added };
}

export function Disagreements({ v }) {
  const { text } = v;
  const found = [...opposed(v), ...contradicted(v), ...unhelpful(v)];
  const checks = wrongFigures(v);
  return html`<${Section} id="disagreements" title=${text("page.section.disagreements")}>
    ${found.length || checks.length ? null : html`<p>${text("page.nothing_disagrees")}</p>`}
    ${found.length ? html`<ul class="plain">${found.map((words) => html`<li>${text.capital(words)}</li>`)}</ul>` : null}
    ${checks.length ? html`<p>${text("page.figures_differ", { n: checks.length })}</p><${Checks} checks=${checks}
      text=${text} />` : null}
  <//>`;
}

const partsOf = ({ answer }) => (answer.extrapolation ?? answer).contributions;
const APART = 0.01;

/** Factors that studies and claims move in opposite directions; not told where the numbers are withheld. */
function opposed({ answer, text, names }) {
  const apart = answer.contributions.filter(
    (c) =>
      c.effect_from_studies * c.effect_from_claims < 0 &&
      Math.min(Math.abs(c.effect_from_studies), Math.abs(c.effect_from_claims)) >= APART,
  );
  return apart.map((c) =>
    text("page.studies_against_claims", {
      factor: names.both(c.factor, c.level),
      studies: text.signed(c.effect_from_studies),
      claims: text.signed(c.effect_from_claims),
    }),
  );
}

/** Claims about this patient that another claim of the same article contradicts. */
function contradicted({ answer, explainer, text }) {
  const about = (id) => explainer.shelf.item(id, answer.profile.levels);
  const pairs = explainer.scorecard.contradicting_claims.map((pair) => pair.map(about));
  return pairs
    .filter((pair) => pair.some((claim) => claim.side === "for" || claim.side === "against"))
    .map(([one, other]) => text("page.claims_contradict", { one: one.text, other: other.text }));
}

const UNHELPFUL = ["no_effect", "against", "unfavourable"];

/** Factors with claims in favour and study findings of no effect or against. */
function unhelpful(v) {
  const told = partsOf(v).filter((c) => c.level !== null);
  return told.flatMap((c) => {
    const items = c.evidence.map((id) => v.explainer.shelf.item(id, v.answer.profile.levels));
    const of = (kind, fits) => items.filter((item) => item.kind === kind && fits(item)).length;
    const claims = of("claim", (item) => item.side === "for" && item.factors.includes(c.factor));
    const findings = of("finding", (item) => UNHELPFUL.includes(item.side));
    if (!claims || !findings) return [];
    return [v.text("page.findings_against_claims", { factor: v.names.factor(c.factor), claims, findings })];
  });
}

/** The articles' figures behind this patient's claims that do not agree with the primaries'. */
function wrongFigures(v) {
  const { shelf } = v.explainer;
  const ids = new Set(partsOf(v).filter((c) => c.level !== null).flatMap((c) => c.evidence));
  const claims = [...ids].map((id) => shelf.claims.get(id)).filter(Boolean);
  const checks = [...new Set(claims.flatMap((claim) => claim.checks))].map((id) => shelf.check(id));
  return checks.filter((check) => check.verdict !== "agrees" && check.verdict !== "not_found");
}

/** Each study with what its leaving out would do, the largest change first. */
export function studiesByChange({ explainer, answer }) {
  const studies = new Map();
  for (const group of explainer.scorecard.groups) {
    if (group.id in explainer.influence)
      studies.set(group.study_id, [...(studies.get(group.study_id) || []), group.id]);
  }
  const rows = [...studies].map(([study, records]) => ({ study, ...explainer.without(answer, records) }));
  const change = (row) => (row.silent ? Infinity : Math.abs(row.difference.value - answer.difference.value));
  return rows.sort((a, b) => (change(a) === change(b) ? 0 : change(b) - change(a))).slice(0, 6);
}

export function WithoutStudies({ v }) {
  const { text, answer, explainer } = v;
  const title = text("page.single_studies");
  if (answer.abstained)
    return html`<${Section} id="without" title=${title}><p>${text.capital(text("category.cannot_say"))}${text("stop")}</p><//>`;
  const { usual_care: usual, with_cells: cells, difference, added_response: added } = answer;
  const now = { name: text("page.with_all"), silent: false, current: true, usual, cells, difference, ...added };
  const rows = studiesByChange(v).map((row) => ({ ...row, name: text("page.without", { study: explainer.shelf.shortName(row.study) }) }));
  return html`<${Section} id="without" title=${title} lead=${text("page.single_studies_lead")}>
    <${Rows} v=${v} name="without" title=${title} rows=${[now, ...rows]} /><//>`;
}
