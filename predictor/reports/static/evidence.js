// The evidence of a scorecard as items of an answer, as predictor/answer/shelf.py gives them.
import { expand, factorsOf } from "./engine.js";
import { fieldsOf } from "./profile.js";

const SIDES = { favourable: "for", unfavourable: "against" };
const KEPT = [
  "role",
  "outcome",
  "scale",
  "follow_up_months",
  "n",
  "observed",
  "log_odds_ratio",
  "se",
  "term",
  "weight",
];

const byId = (items) => new Map(items.map((item) => [item.id, item]));
const pick = (source, keys) => Object.fromEntries(keys.filter((key) => key in source).map((key) => [key, source[key]]));

export const hadCells = (group) =>
  ["treated", "treated_uncontrolled"].includes(group.role) || (group.role === "contrast" && !("term" in group));

export class Shelf {
  constructor(scorecard, text) {
    this.scorecard = scorecard;
    this.text = text;
    this.factors = factorsOf(scorecard);
    this.factor = byId(this.factors);
    this.field = byId(this.factors.flatMap(fieldsOf));
    this.claims = byId(scorecard.evidence.claims);
    this.findings = byId(scorecard.evidence.findings);
    this.groups = byId(scorecard.groups);
  }

  /** Ids of what speaks of a factor: the records that move it, its claims, its findings. */
  behind(factor, movers) {
    const claims = [...this.claims.values()].filter((claim) => claim.factors.includes(factor.id));
    const names = [factor.id, ...(factor.evidence_names || [])];
    const findings = [...this.findings.values()].filter((finding) => names.includes(finding.factor));
    return [...new Set([...movers, ...claims.map((c) => c.id), ...findings.map((f) => f.id)])];
  }

  /** What a record is: a claim, a finding or a record of a study. */
  kind(id) {
    return this.claims.has(id) ? "claim" : this.findings.has(id) ? "finding" : "study_record";
  }

  item(id, levels = {}) {
    if (this.claims.has(id)) return this.#claim(this.claims.get(id), levels);
    if (this.findings.has(id)) return this.#finding(this.findings.get(id));
    return this.group(this.groups.get(id));
  }

  #claim(claim, levels) {
    const { text } = this;
    const { title } = this.scorecard.configuration.sections[claim.locator];
    const section = { article: text(`article.${claim.source_id}`), section: text.pick(title) };
    return {
      id: claim.id,
      kind: "claim",
      factors: claim.factors,
      side: this.#side(claim, levels),
      text: text.pick(claim.statement),
      citation: text("article.citation", section),
      level: claim.level || "",
      versus: claim.versus || "",
      direction: claim.direction,
      strength: claim.strength || "",
      basis: claim.basis,
      horizon: claim.horizon,
      studies: (claim.study_ids || []).map((study) => this.citation(study)),
      contradicted_by: this.#contradictedBy(claim.id),
      checks: claim.checks.map((check) => this.check(check)),
    };
  }

  #contradictedBy(id) {
    const pairs = this.scorecard.contradicting_claims.filter((pair) => pair.includes(id));
    return pairs.flat().filter((other) => other !== id);
  }

  /** Whether a claim speaks for or against the patient's levels; `other` if of other levels. */
  #side(claim, levels) {
    if (!(claim.direction in SIDES)) return "mixed";
    const good = claim.direction === "favourable";
    for (const [column, favours] of [
      ["level", good],
      ["versus", !good],
    ]) {
      const names = claim[column] ? claim[column].split("*") : [];
      if (names.length && this.#holds(claim.factors, names, levels)) return favours ? "for" : "against";
    }
    return "other";
  }

  #holds(factors, names, levels) {
    return factors.every((id, i) => expand(this.factor.get(id), names[i]).includes(levels[id]));
  }

  check(id) {
    const check = this.scorecard.evidence.checks[id];
    const { text } = this;
    return {
      id,
      where: check.seed_location,
      article: text.pick(check.seed_figure),
      primary: text.pick(check.primary_figure),
      verdict: check.verdict,
      comment: text.pick(check.comment),
    };
  }

  #finding(finding) {
    return {
      id: finding.id,
      kind: "finding",
      factors: [finding.factor],
      side: SIDES[finding.direction] || finding.direction,
      text: this.text.pick(finding.finding),
      compared: this.text.pick(finding.level_compared),
      ...this.study(finding.study_id),
    };
  }

  group(group) {
    return {
      id: group.id,
      kind: "study_record",
      factors: [],
      side: "data",
      text: this.text.pick(group.derivation),
      ...pick(group, KEPT),
      ...this.study(group.study_id),
    };
  }

  study(id) {
    const study = this.scorecard.evidence.studies[id];
    return { ...this.citation(id), ...pick(study, ["design", "risk_of_bias", "verification", "publication_state"]) };
  }

  /** A record in words, without its id: the study, or the article and section of a claim. */
  called = (id) => (this.claims.has(id) ? this.item(id).citation : this.shortName(this.groups.get(id).study_id));

  /** Who and when. */
  shortName(id) {
    const study = this.scorecard.evidence.studies[id];
    if (!study) return id;
    const told = !study.year || study.short_citation.includes(study.year);
    return (told ? study.short_citation : `${study.short_citation} ${study.year}`) + this.text.mark(study.publication_state);
  }

  citation(id) {
    const study = this.scorecard.evidence.studies[id];
    if (!study) {
      const source = (this.scorecard.configuration.unpublished_sources || {})[id];
      return { study_id: id, citation: source ? this.text.pick(source.title) : id };
    }
    const parts = [study.short_citation, study.title, study.journal].filter(Boolean);
    const link = study.doi ? { doi: study.doi } : study.pmid ? { pmid: study.pmid } : {};
    return { study_id: id, citation: parts.join(". ") + this.text.mark(study.publication_state), ...link };
  }

  /** The treated study groups most like the patient, and what happened to them and their controls. */
  similar(levels) {
    const known = this.factors.filter((f) => f.abstain_when_unstudied && levels[f.id]).map((f) => [f.id, levels[f.id]]);
    const scored = this.scorecard.groups.filter((g) => hadCells(g) && g.use === "fit").map((group) => [likeness(group, known), group]);
    scored.sort((a, b) => b[0] - a[0]);
    return scored.slice(0, this.scorecard.estimate.similar_groups).map(([score, group]) => this.#alike(score, group));
  }

  #alike(score, group) {
    const { kind, side, factors, weight, term, ...kept } = this.group(group);
    const control = this.#control(group);
    if (control) kept.control = pick(control, ["id", "n", "observed"]);
    return { similarity: score, use: group.use, ...kept };
  }

  #control(group) {
    const keys = ["study_id", "outcome", "follow_up_months"];
    const alike = (other) => keys.every((key) => other[key] === group[key]);
    return this.scorecard.groups.find((g) => g.role === "control" && "observed" in g && alike(g));
  }
}

/** The mean, over the patient's known factors, of the group's share at the patient's level. */
function likeness(group, known) {
  if (!known.length) return 0;
  return (
    known.reduce((sum, [factor, level]) => sum + ((group.composition[factor] || {})[level] || 0), 0) / known.length
  );
}
