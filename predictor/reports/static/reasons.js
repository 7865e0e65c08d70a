// Why: what each factor contributes in patients of 100, and the evidence behind each bar with a tally on top.
import { html, useState } from "./vendor/htm-preact.js";
import { barOf, COLOUR, Legend, waterfallChart, waterfallScale } from "./charts.js";
import { Extrapolation, silentWords } from "./cannot.js";
import { Figure } from "./figure.js";
import { Section } from "./section.js";

const SEEN = 0.05;

/** The rows of a waterfall: the average patient, each factor that moves it, the sum; the strongest first. */
export function waterfallRows(answer, { names, text }) {
  const { baseline, contributions, difference } = answer;
  const size = (c) => Math.abs(c.per_100.difference);
  const moved = contributions.filter((c) => size(c) >= SEEN || Math.abs(c.per_100.usual_care) >= SEEN);
  const sorted = [...moved].sort((a, b) => size(b) - size(a));
  const fromClaims = (c) => Math.abs(c.effect_from_claims) > Math.abs(c.effect_from_studies);
  const start = { id: "average", name: text("explain.average"), part: baseline, claims: fromClaims(baseline), total: true };
  const rows = [{ ...start, from: 0, to: baseline.per_100.difference }];
  for (const c of sorted) {
    const from = rows.at(-1).to;
    rows.push({ id: c.factor, name: names.both(c.factor, c.level), part: c, claims: fromClaims(c), from, to: from + c.per_100.difference });
  }
  const end = { usual_care: answer.usual_care.probability, with_cells: answer.with_cells.probability };
  const per_100 = { usual_care: 100 * end.usual_care, with_cells: 100 * end.with_cells, difference: 100 * difference.value };
  rows.push({ id: "sum", name: text("explain.this_patient"), part: { per_100 }, from: 0, to: per_100.difference, total: true });
  return rows.map((row) => ({ ...row, name: text.capital(row.name), words: signed(row.part.per_100.difference, text) }));
}

const signed = (value, text) => text.signed(Math.abs(value) < SEEN ? 0 : value, 1);

export function Contributions({ v }) {
  const { text, answer } = v;
  const lead = answer.abstained ? silentWords(v) : text("page.contributions_lead");
  return html`<${Section} id="contributions" title=${text("page.section.contributions")} lead=${lead}>
    ${
      answer.abstained
        ? html`<${Extrapolation} v=${v}>${() => html`<${Waterfall} v=${v} answer=${{ ...answer, ...answer.extrapolation }} />`}<//>`
        : html`<${Waterfall} v=${v} answer=${answer} />`
    }<//>`;
}

function Waterfall({ v, answer }) {
  const { text } = v;
  const [opened, open] = useState(null);
  const rows = waterfallRows(answer, v);
  const place = waterfallScale(rows);
  const title = text("page.section.contributions");
  const legend = html`<${Legend} keys=${[
    [COLOUR.raises, text("page.from_studies")],
    ["url(#hatch-raises)", text("page.from_claims"), COLOUR.raises],
    [COLOUR.lowers, text("page.to_the_left")],
  ]} />`;
  const heads = ["usual_care", "with_cells", "difference"].map((name) => text(`page.${name}`));
  return html`${legend}<${Figure} title=${title} name="contributions" text=${text} keep=${v.keep}
      note=${text("page.waterfall_note")} drawing=${false} draw=${(width) => waterfallChart(rows, width)}
      table=${{ head: ["", ...heads, text("page.log_odds")], rows: rows.map((row) => numbersOf(row, text)) }}>
      <div class="waterfall-head" aria-hidden="true"><span></span><span></span>${heads.map((head) => html`<span>${head}</span>`)}</div>
      <ul class="waterfall">${rows.map(
        (row) => html`<${Row} key=${row.id} v=${v} row=${row} place=${place} answer=${answer} opened=${opened === row.id}
        toggle=${() => open(opened === row.id ? null : row.id)} />`,
      )}</ul><//>`;
}

/** The three numbers of a row: the ends as they are, the steps between with their sign. */
function patientsOf({ part, total }, text) {
  const { usual_care: usual, with_cells: cells, difference } = part.per_100;
  const shown = total ? (value) => text.number(value, 1) : (value) => signed(value, text);
  return [shown(usual), shown(cells), signed(difference, text)];
}

const numbersOf = (row, text) => [row.name, ...patientsOf(row, text), row.part.effect === undefined ? "" : logOdds(row.part, text)];

const logOdds = (part, text) =>
  text.capital(
    text("explain.log_odds", {
      usual: text.signed(part.usual_care),
      effect: text.signed(part.effect),
      studies: text.signed(part.effect_from_studies),
      claims: text.signed(part.effect_from_claims),
    }),
  );

function Row({ v, row, place, answer, opened, toggle }) {
  const panel = `panel-${row.id}`;
  const openable = row.id !== "sum";
  const drawn = barOf(row, place);
  const bar = html`<svg class="bar" aria-hidden="true" height="22">
    <line x1=${`${place(0)}%`} x2=${`${place(0)}%`} y1="0" y2="22" stroke=${COLOUR.muted} stroke-dasharray="2 3" />
    <rect x=${`${drawn.x}%`} width=${`${drawn.width}%`} y="3" height="16" fill=${drawn.fill} stroke=${drawn.stroke} /></svg>`;
  const inside = html`<span class="row-name">${row.name}</span>${bar}
    ${patientsOf(row, v.text).map((words) => html`<span class="row-value">${words}</span>`)}`;
  return html`<li class=${row.id === "sum" ? "row total" : "row"}>
      ${openable ? html`<button type="button" aria-expanded=${opened ? "true" : "false"} aria-controls=${panel}
        onClick=${toggle}>${inside}</button>` : html`<div class="row-plain">${inside}</div>`}
      ${openable ? html`<div id=${panel} hidden=${!opened}>${opened ? html`<${EvidencePanel} v=${v} row=${row}
        answer=${answer} />` : null}</div>` : null}
    </li>`;
}

/** What speaks of a factor: a tally for and against, then claims, figures checked, findings, records. */
function EvidencePanel({ v, row }) {
  const { text, answer, explainer } = v;
  const c = row.id === "average" ? null : row.part;
  const items = row.part.evidence.map((id) => explainer.shelf.item(id, answer.profile.levels));
  const of = (kind) => items.filter((item) => item.kind === kind);
  const claims = of("claim").filter((item) => !c || item.factors.includes(c.factor));
  const sides = ["for", "against", "mixed", "other"].map((side) => [side, claims.filter((item) => item.side === side)]);
  return html`<div class="evidence">
    <${Tally} claims=${claims} findings=${of("finding")} text=${text} />
    <p class="small">${c ? patientsLine(c, v) : null} ${logOdds(row.part, text)}${text("stop")}</p>
    ${sides.map(([side, found]) => (found.length ? html`<h4>${text(`page.claims_${side}`)}</h4><ul>
      ${found.map((claim) => html`<${Claim} claim=${claim} explainer=${explainer} text=${text} />`)}</ul>` : null))}
    ${claims.length ? null : html`<p class="small">${text("page.no_claims")}</p>`}
    <${Listed} title=${text("evidence.findings")} items=${of("finding")} text=${text} />
    <${Listed} title=${text("page.records_behind")} items=${of("study_record")} text=${text} />
    <details><summary>${text("page.ids")}${text.bracket(items.length)}</summary><p class="ids small">
      ${text.list(row.part.evidence)}</p></details>
  </div>`;
}

const AGAINST = ["against", "no_effect", "unfavourable"];

/** How many claims and study findings speak for a factor, and how many against. */
function Tally({ claims, findings, text }) {
  const count = (items, sides) => items.filter((item) => sides.includes(item.side)).length;
  const sides = [
    ["for", ["for"]],
    ["against", AGAINST],
  ];
  return html`<table class="tally"><caption class="hidden">${text("page.tally")}</caption><thead><tr><td></td>
    <th scope="col">${text("evidence.claims")}</th><th scope="col">${text("evidence.findings")}</th></tr></thead><tbody>
    ${sides.map(
      ([side, names]) => html`<tr><th scope="row">${text(`page.tally_${side}`)}</th>
      ${[claims, findings].map((items) => html`<td><${Marks} n=${count(items, names)} side=${side} /></td>`)}</tr>`,
    )}</tbody></table>`;
}

/** So many marks and their number. */
function Marks({ n, side }) {
  const colour = side === "for" ? COLOUR.raises : COLOUR.lowers;
  const shown = Math.min(n, 12);
  return html`<span class="marks">${n} <svg aria-hidden="true" width=${shown * 9 + 1} height="12">
    ${Array.from({ length: shown }, (_, i) => html`<rect x=${i * 9 + 0.5} y="2.5" width="7" height="7" stroke=${colour}
    fill=${side === "for" ? colour : "none"} />`)}</svg></span>`;
}

function patientsLine(c, { text, names, explainer }) {
  const studied = c.patients
    ? text("explain.patients_at_level", { patients: text.number(c.patients, 0) })
    : text("explain.no_patients");
  const level = c.level && explainer.shelf.factor.get(c.factor).levels[c.level];
  const silent = level && level.silent ? text.capital(text("factors.silent")) : "";
  const line = text.told(names.both(c.factor, c.level), c.level ? studied : text("unknown"));
  return [text.capital(line), silent].filter(Boolean).join(text("stop")) + text("stop");
}

function Claim({ claim, explainer, text }) {
  const facts = [
    text(`direction.${claim.direction}`),
    claim.strength && text(`strength.${claim.strength}`),
    text(`basis.${claim.basis}`),
  ].filter(Boolean);
  const ids = text.list([...new Set(claim.contradicted_by.map(explainer.shelf.called))]);
  const against = ids && text("explain.against_itself", { ids });
  return html`<li><p>${claim.text}</p>
    <p class="small">${[claim.citation, text.list(facts), against].filter(Boolean).join(text("stop"))}</p>
    ${claim.studies.length ? html`<p class="small">
      ${text("page.it_cites")}${text("colon")}${claim.studies.map((study) => html`<${Citation} study=${study} /> `)}
      </p>` : null}
    <${Checks} checks=${claim.checks} text=${text} /></li>`;
}

/** The article's figures beside the primaries'. */
export function Checks({ checks, text }) {
  if (!checks.length) return null;
  const title = text("evidence.checks");
  return html`<details><summary>${title}${text.bracket(checks.length)}</summary>
    <div class="scroll" tabindex="0" role="group" aria-label=${title}><table><thead><tr><th scope="col">
      ${text("evidence.says_article")}</th><th scope="col">${text("evidence.says_primary")}</th><th scope="col">
      ${text("page.verdict")}</th></tr></thead>
    <tbody>${checks.map((check) => html`<tr><td>${check.article}</td><td>${check.primary}</td><td><strong>
      ${text(`verdict.${check.verdict}`)}</strong> ${check.comment}</td></tr>`)}</tbody></table></div></details>`;
}

export function Citation({ study }) {
  const link = study.doi
    ? `https://doi.org/${study.doi}`
    : study.pmid
      ? `https://pubmed.ncbi.nlm.nih.gov/${study.pmid}/`
      : null;
  return link
    ? html`<a href=${link} rel="noopener noreferrer" target="_blank">${study.citation}</a>`
    : html`<span>${study.citation}</span>`;
}

function Listed({ title, items, text }) {
  if (!items.length) return null;
  return html`<details><summary>${title}${text.bracket(items.length)}</summary><ul>${items.map(
    (item) => html`<li>
    <p><strong>${text(`side.${item.side}`)}</strong>
      ${text("colon")}${item.text}${item.compared ? text.bracket(item.compared) : ""}</p>
    <p class="small"><${Citation} study=${item} />${text("stop")}${studyFacts(item, text)}</p></li>`,
  )}</ul></details>`;
}

export const studyFacts = (study, text) =>
  study.design
    ? [
        text(`design.${study.design}`),
        text.told(text("evidence.risk_of_bias"), text(`risk_of_bias.${study.risk_of_bias}`)),
        text(`verification.${study.verification}`),
      ].join(text("semicolon"))
    : "";
