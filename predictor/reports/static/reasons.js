// Why: what each factor contributes, the evidence behind each bar, and what disagrees.
import { html, useState } from "./vendor/htm-preact.js";
import { segments, waterfallChart, waterfallScale } from "./charts.js";
import { Figure } from "./figure.js";
import { Section } from "./verdict.js";

const SEEN = 5e-4;

/** The rows of a waterfall: the average patient, each factor, the sum. */
export function waterfallRows(answer, part, { names, text }) {
  const { baseline, contributions } = answer;
  const amount = (c) =>
    part === "usual"
      ? { studies: c.usual_care, claims: 0 }
      : { studies: c.effect_from_studies, claims: c.effect_from_claims };
  const size = (c) => Math.abs(amount(c).studies) + Math.abs(amount(c).claims);
  const moved = contributions.filter(
    (c) => size(c) >= SEEN || (part === "effect" && c.level !== null && c.role !== "question"),
  );
  const role = { patient: 0, chosen: 1, question: 2 };
  const sorted = [...moved].sort((a, b) => role[a.role] - role[b.role] || size(b) - size(a));
  const rows = [{ id: "average", name: text.capital(text("explain.average")), ...amount(baseline), from: 0 }];
  for (const c of sorted) {
    rows.push({
      id: c.factor,
      role: c.role,
      contribution: c,
      name: text.capital(names.both(c.factor, c.level)),
      ...amount(c),
      from: end(rows.at(-1)),
    });
  }
  const sum = end(rows.at(-1));
  rows.push({ id: "sum", name: text.capital(text("page.sum")), studies: sum, claims: 0, from: 0, total: true });
  return rows.map((row) => ({ ...row, words: text.signed(row.studies + row.claims) }));
}

const end = (row) => row.from + row.studies + row.claims;

export function Contributions({ v }) {
  const { text } = v;
  return html`<${Section} id="contributions" title=${text("page.section.contributions")}
    lead=${text("page.contributions_lead")}>
    <p class="legend"><i class="key solid"></i>${text("page.from_studies")} <i class="key hatched"></i>
      ${text("page.from_claims")}
      <i class="key lowers"></i>${text("page.to_the_left")}</p>
    <${Waterfall} v=${v} part="usual" title=${text("explain.usual_care_part")} />
    <${Waterfall} v=${v} part="effect" title=${text("explain.effect_part")} />
  <//>`;
}

function Waterfall({ v, part, title }) {
  const { text } = v;
  const [opened, open] = useState(null);
  const rows = waterfallRows(v.answer, part, v);
  const place = waterfallScale(rows);
  const head = ["", text("explain.studies"), text("explain.claims"), text("page.sum_of_row"), text("page.interval")];
  const table = { head, rows: rows.map((row) => numbersOf(row, part, text)) };
  return html`<h3>${title}</h3>
    <${Figure} title=${title} name=${`contributions-${part}`} text=${text} keep=${v.keep}
      note=${text("page.waterfall_note")} drawing=${false}
      draw=${(width) => waterfallChart(rows, width)} table=${table}>
      <ul class="waterfall">${rows.map(
        (row, i) => html`<${Row} key=${row.id} v=${v} row=${row} place=${place}
        heading=${row.role && row.role !== rows[i - 1].role ? text(`page.role.${row.role}`) : null}
        opened=${opened === row.id} toggle=${() => open(opened === row.id ? null : row.id)} part=${part} />`,
      )}</ul>
    <//>`;
}

function numbersOf(row, part, text) {
  const key = part === "usual" ? "usual_care" : "effect";
  const c = row.contribution;
  const range = c
    ? text("explain.range", { low: text.signed(c[`${key}_low`]), high: text.signed(c[`${key}_high`]) })
    : "";
  return [row.name, text.signed(row.studies), text.signed(row.claims), row.words, range];
}

function Row({ v, row, place, heading, opened, toggle, part }) {
  const panel = `panel-${part}-${row.id}`;
  const openable = row.id !== "sum";
  const bar = html`<svg class="bar" aria-hidden="true" height="22">
    <line x1=${`${place(0)}%`} x2=${`${place(0)}%`} y1="0" y2="22" stroke="#8b93a0" stroke-dasharray="2 3" />
    ${segments(row, place).map((s) => html`<rect x=${`${s.x}%`} width=${`${s.width}%`} y="3" height="16" fill=${s.fill}
      stroke=${s.stroke} />`)}</svg>`;
  const inside = html`<span class="row-name">${row.name}</span>${bar}<span class="row-value">${row.words}</span>`;
  return html`${heading ? html`<li class="row-heading">${heading}</li>` : null}
    <li class=${row.total ? "row total" : "row"}>
      ${openable ? html`<button type="button" aria-expanded=${opened ? "true" : "false"} aria-controls=${panel}
        onClick=${toggle}>${inside}</button>` : html`<div class="row-plain">${inside}</div>`}
      ${openable ? html`<div id=${panel} hidden=${!opened}>${opened ? html`<${EvidencePanel} v=${v}
        row=${row} />` : null}</div>` : null}
    </li>`;
}

/** What speaks of a factor: patients studied, claims on each side, figures checked, findings, records. */
function EvidencePanel({ v, row }) {
  const { text, answer, explainer } = v;
  const c = row.contribution;
  const ids = c ? c.evidence : answer.baseline.evidence;
  const items = ids.map((id) => explainer.shelf.item(id, answer.profile.levels));
  const claims = items.filter((item) => item.kind === "claim" && (!c || item.factors.includes(c.factor)));
  const sides = ["for", "against", "mixed", "other"].map((side) => [side, claims.filter((item) => item.side === side)]);
  const of = (kind) => items.filter((item) => item.kind === kind);
  return html`<div class="evidence">
    ${c ? html`<p class="small">${patientsLine(c, v)}</p>` : null}
    ${sides.map(([side, found]) => (found.length ? html`<h4>${text(`page.claims_${side}`)}</h4><ul>
      ${found.map((claim) => html`<${Claim} claim=${claim} text=${text} />`)}</ul>` : null))}
    ${claims.length ? null : html`<p class="small">${text("page.no_claims")}</p>`}
    <${Listed} title=${text("evidence.findings")} items=${of("finding")} text=${text} />
    <${Listed} title=${text("page.records_behind")} items=${of("study_record")} text=${text} />
  </div>`;
}

function patientsLine(c, { text, names, explainer }) {
  const studied = c.patients
    ? text("explain.patients_at_level", { patients: text.number(c.patients, 0) })
    : text("explain.no_patients");
  const level = c.level && explainer.shelf.factor.get(c.factor).levels[c.level];
  const silent = level && level.silent ? ` ${text("factors.silent")}.` : "";
  return `${names.both(c.factor, c.level)}${text("colon")}${c.level ? studied : text("unknown")}.${silent}`;
}

function Claim({ claim, text }) {
  const facts = [
    text(`direction.${claim.direction}`),
    claim.strength && text(`strength.${claim.strength}`),
    text(`basis.${claim.basis}`),
  ].filter(Boolean);
  const ids = text.list(claim.contradicted_by);
  const against = ids && text("explain.against_itself", { ids }) + text("stop").trim();
  return html`<li><p>${claim.text}</p>
    <p class="small">${claim.citation}${text("stop")}${text.list(facts)}${text("stop")}[${claim.id}] ${against}</p>
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

/** Factors that studies and claims move in opposite directions. */
function opposed({ answer, text, names }) {
  const apart = answer.contributions.filter(
    (c) =>
      c.effect_from_studies * c.effect_from_claims < 0 &&
      Math.min(Math.abs(c.effect_from_studies), Math.abs(c.effect_from_claims)) >= 0.01,
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

/** Factors with claims in favour and study findings of no effect or against. */
function unhelpful({ answer, explainer, text, names }) {
  return answer.contributions
    .filter((c) => c.level !== null)
    .flatMap((c) => {
      const items = c.evidence.map((id) => explainer.shelf.item(id, answer.profile.levels));
      const claims = items.filter(
        (item) => item.kind === "claim" && item.side === "for" && item.factors.includes(c.factor),
      ).length;
      const findings = items.filter(
        (item) => item.kind === "finding" && ["no_effect", "against", "unfavourable"].includes(item.side),
      ).length;
      return claims && findings
        ? [text("page.findings_against_claims", { factor: names.factor(c.factor), claims, findings })]
        : [];
    });
}

/** The articles' figures behind this patient's claims that do not agree with the primaries'. */
function wrongFigures({ answer, explainer }) {
  const ids = new Set(answer.contributions.filter((c) => c.level !== null).flatMap((c) => c.evidence));
  const claims = [...ids].map((id) => explainer.shelf.claims.get(id)).filter(Boolean);
  const checks = [...new Set(claims.flatMap((claim) => claim.checks))].map((id) => explainer.shelf.check(id));
  return checks.filter((check) => check.verdict !== "agrees" && check.verdict !== "not_found");
}
