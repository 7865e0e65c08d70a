// Turns an estimate into the answer record, as predictor/answer/explanation.py does.
import { addedBenefit, CATEGORIES, Estimator, responseSet } from "./engine.js";
import { Shelf } from "./evidence.js";
import { contradictions } from "./profile.js";

export class Explainer {
  constructor(scorecard, stance, text) {
    this.scorecard = scorecard;
    this.stance = stance;
    this.text = text;
    this.estimator = new Estimator(scorecard, stance);
    this.sceptical = stance === "sceptical" ? this.estimator : new Estimator(scorecard, "sceptical");
    this.shelf = new Shelf(scorecard, text);
    this.factors = this.estimator.factors;
    this.influence = this.#influence();
  }

  /** How far each record moves each term, as sparse [column, value] pairs. */
  #influence() {
    const { stances } = this.scorecard;
    return { ...stances.sceptical.influence, ...stances[this.stance].influence };
  }

  /** The answer without its evidence texts: what a chart needs, at the speed of a slider. */
  answer(understood) {
    const codes = this.estimator.codes(understood.levels);
    const estimate = this.estimator.estimate(codes);
    const verdict = this.verdict(understood, estimate);
    const { contributions, baseline } = this.#contributions(understood, codes);
    const { certainty, reasons } = this.#certainty(understood, estimate, contributions, baseline, verdict.abstained);
    return {
      schema_version: "1",
      intended_use: this.text("intended_use"),
      condition: this.scorecard.condition,
      stance: this.stance,
      scorecard: this.scorecard.hash,
      profile: this.#profile(understood),
      usual_care: estimate.usualCare,
      with_cells: estimate.withCells,
      difference: { ...estimate.difference, probability_positive: estimate.probabilityPositive },
      response: verdict.response,
      added_benefit: verdict.benefit,
      certainty,
      certainty_reasons: reasons,
      worth_patients: estimate.worthPatients,
      abstained: verdict.abstained,
      messages: verdict.messages.map((message) => this.note(message)),
      contributions,
      baseline,
      unknowns: this.#unknowns(understood, codes, estimate),
      language: this.text.language,
    };
  }

  #profile({ condition, stated, levels, unknown }) {
    return { condition, ...stated, levels, unknown };
  }

  /** Category or set, added benefit, and the messages that decide whether the answer abstains. */
  verdict(understood, estimate) {
    const rules = this.scorecard.estimate;
    const held = responseSet(estimate.categories, rules.set_probability);
    const outside = [...understood.messages, ...this.#unstudied(understood.levels)];
    const withheld = outside.some((m) => m.severity === "abstain");
    const messages = [...outside, ...(withheld ? [] : this.#undecided(held, understood.levels))];
    const abstained = messages.some((m) => m.severity === "abstain");
    const response = {
      category: abstained ? null : held[0],
      set: withheld ? [] : held,
      probabilities: Object.fromEntries(CATEGORIES.map((c) => [c, estimate.categories[c]])),
    };
    const benefit = withheld ? null : addedBenefit(estimate.probabilityPositive, rules);
    return { response, benefit, messages, abstained, withheld };
  }

  /** Levels that were told and at which no patient was studied. */
  #unstudied(levels) {
    return this.factors.flatMap((factor) => {
      const level = levels[factor.id];
      if (level === null || factor.role === "question" || this.scorecard.patients[factor.id][level]) return [];
      const values = { factor: factor.id, level };
      if (factor.abstain_when_unstudied) return [{ code: "level_not_studied", severity: "abstain", values }];
      if (level === factor.reference) return [];
      return [{ code: "level_only_claimed", severity: "warning", values }];
    });
  }

  /** Cannot say: every category stays possible, for want of facts or for want of evidence. */
  #undecided(held, levels) {
    if (held.length < CATEGORIES.length) return [];
    const unknown = this.#missing(levels);
    if (!unknown.length) return [{ code: "every_category_possible", severity: "abstain", values: {} }];
    return [{ code: "too_many_unknowns", severity: "abstain", values: { unknown } }];
  }

  /** Unknown factors that matter: the main ones in which patients of the population differ. */
  #missing(levels) {
    const differs = (id) => Math.max(...Object.values(this.scorecard.population[id])) < 1;
    return this.factors
      .filter((f) => levels[f.id] === null && f.abstain_when_unstudied && differs(f.id))
      .map((f) => f.id);
  }

  /** A message as a sentence, with labels for the names of factors and levels. */
  note({ code, severity, values }) {
    return { code, severity, text: this.text(`message.${code}`, this.#worded(values)) };
  }

  #worded(values) {
    const { text, shelf } = this;
    const worded = { ...values };
    const factor = shelf.factor.get(values.factor);
    if (factor) {
      worded.factor = text.pick(factor.label);
      worded.level = text.pick(factor.levels[values.level].label);
    }
    if (values.reason) worded.reason = text.pick(values.reason);
    if (values.unknown) worded.unknown = text.list(values.unknown.map((f) => text.pick(shelf.factor.get(f).label)));
    if (values.unit) worded.unit = text.unit(values.field, values.unit);
    return worded;
  }

  #contributions(understood, codes) {
    const parts = this.estimator.contributions(codes);
    const studies = this.sceptical.contributions(codes);
    const directions = this.estimator.directions(codes);
    const rows = this.factors.map((factor, f) =>
      this.#contribution(factor, understood.levels[factor.id], {
        usual: parts.usual[f],
        effect: parts.effect[f],
        studies: studies.effect[f],
        direction: directions[f],
      }),
    );
    const { usual, effect } = parts.base;
    const baseline = {
      usual_care: usual,
      effect,
      effect_from_studies: studies.base.effect,
      effect_from_claims: effect - studies.base.effect,
      evidence: this.#baselineEvidence(),
    };
    return { contributions: rows, baseline };
  }

  #contribution(factor, level, { usual, effect, studies, direction }) {
    const whole = [...direction.usual, ...direction.effect];
    const [low, high] = this.#bounds(usual + effect, whole);
    const [usualLow, usualHigh] = this.#bounds(usual, direction.usual);
    const [effectLow, effectHigh] = this.#bounds(effect, direction.effect);
    return {
      factor: factor.id,
      level,
      role: factor.role,
      usual_care: usual,
      effect,
      effect_from_studies: studies,
      effect_from_claims: effect - studies,
      low,
      high,
      usual_care_low: usualLow,
      usual_care_high: usualHigh,
      effect_low: effectLow,
      effect_high: effectHigh,
      patients: level ? this.scorecard.patients[factor.id][level] : null,
      evidence: this.shelf.behind(factor, this.#movers(whole)),
    };
  }

  #bounds(value, direction) {
    const half = this.estimator.z * Math.sqrt(Math.max(0, this.estimator.quadratic(direction, direction)));
    return [value - half, value + half];
  }

  /** The records that move a combination of terms, strongest first. */
  #movers(direction) {
    const least = this.scorecard.estimate.influence_shown;
    const along = denseOf(direction, this.estimator.terms.length);
    const pulled = Object.entries(this.influence).map(([id, move]) => [id, Math.abs(dot(move, along))]);
    return pulled
      .filter(([, pull]) => pull >= least)
      .sort((a, b) => b[1] - a[1])
      .map(([id]) => id);
  }

  #baselineEvidence() {
    const { split } = this.estimator;
    const least = this.scorecard.estimate.influence_shown;
    const at = (move, column) => Math.abs((move.find(([i]) => i === column) || [0, 0])[1]);
    const moves = Object.entries(this.influence).map(([id, move]) => [id, at(move, split) + at(move, 0)]);
    return moves
      .filter(([, m]) => m >= least)
      .sort((a, b) => b[1] - a[1])
      .map(([id]) => id);
  }

  /** GRADE's words: from high by randomised design, down one step for each concern, never high. */
  #certainty(understood, estimate, contributions, baseline, abstained) {
    if (abstained) return { certainty: "very_low", reasons: ["abstained"] };
    const rules = this.scorecard.estimate.certainty;
    const moves = [...contributions, baseline];
    const sum = (key) => moves.reduce((total, move) => total + Math.abs(move[key]), 0);
    const [claims, studies] = [sum("effect_from_claims"), sum("effect_from_studies")];
    if (claims >= rules.claims_share * (claims + studies))
      return { certainty: "very_low", reasons: ["rests_on_claims"] };
    const concerns = this.#concerns(understood, estimate, contributions);
    const reasons = Object.keys(concerns).filter((name) => concerns[name]);
    const words = ["moderate", "moderate", "low", "very_low", "very_low", "very_low"];
    const { low, high } = estimate.difference;
    const steps = reasons.length + (high - low > rules.very_imprecise_width ? 1 : 0);
    return { certainty: words[steps], reasons: reasons.length ? reasons : ["ceiling"] };
  }

  #concerns(understood, estimate, contributions) {
    const rules = this.scorecard.estimate.certainty;
    const { basis } = this.scorecard;
    const matters = (id) => this.shelf.factor.get(id).abstain_when_unstudied;
    const patients = contributions.filter((c) => c.patients !== null && matters(c.factor)).map((c) => c.patients);
    const fewest = patients.length ? Math.min(...patients) : 0;
    const { low, high } = estimate.difference;
    const claimed = this.#unstudied(understood.levels).some((m) => m.code === "level_only_claimed");
    return {
      risk_of_bias: basis.biased_share >= rules.biased_share,
      inconsistency: basis.i2 >= rules.inconsistent_i2,
      indirectness: this.#missing(understood.levels).length > 0 || fewest < rules.indirect_patients || claimed,
      imprecision: high - low > rules.imprecise_width,
    };
  }

  /** Each unknown factor as a range over its levels, the one that would narrow most first. */
  #unknowns(understood, codes, estimate) {
    const open = this.factors
      .map((factor, f) => [factor, f])
      .filter(([factor]) => understood.levels[factor.id] === null);
    return open.map(([factor, f]) => this.#unknown(factor, f, codes, estimate)).sort((a, b) => b.narrows - a.narrows);
  }

  #unknown(factor, f, codes, estimate) {
    const known = factor.levelIds.map((_, k) => this.estimator.estimate(codes.with(f, k)));
    const mix = this.estimator.shares[f][factor.levelIds.length];
    const settled = estimate.cellsVariance - known.reduce((sum, e, k) => sum + mix[k] * e.cellsVariance, 0);
    const cells = known.map((e) => e.withCells.probability);
    const difference = known.map((e) => e.difference.value);
    return {
      factor: factor.id,
      with_cells_low: Math.min(...cells),
      with_cells_high: Math.max(...cells),
      difference_low: Math.min(...difference),
      difference_high: Math.max(...difference),
      narrows: settled / estimate.cellsVariance,
    };
  }

  /** Every item of evidence that a contribution or the baseline names, once. */
  evidence(answer) {
    const { levels } = answer.profile;
    const ids = [...answer.contributions.flatMap((c) => c.evidence), ...answer.baseline.evidence];
    return [...new Set(ids)].map((id) => this.shelf.item(id, levels));
  }

  /** The whole record, as `predictor explain --json` prints it. */
  record(answer) {
    return { ...answer, evidence: this.evidence(answer), similar_groups: this.shelf.similar(answer.profile.levels) };
  }

  /** The estimate if some levels were others, and whether the model may speak there. */
  at(understood, changes) {
    const levels = { ...understood.levels, ...changes };
    const estimate = this.estimator.estimate(this.estimator.codes(levels));
    const held = understood.messages.some((m) => m.code === "outside_studied" && !(m.values.factor in changes));
    const unstudied = this.#unstudied(levels).some((m) => m.severity === "abstain");
    const against = contradictions(this.scorecard.configuration, levels, this.#statedBeside(understood, changes));
    return { estimate, levels, silent: held || unstudied || against.length > 0 };
  }

  /** What was stated of the factors that do not change. */
  #statedBeside({ stated }, changes) {
    const gone = new Set(Object.keys(changes).flatMap((id) => Object.keys(this.shelf.factor.get(id).fields)));
    return Object.fromEntries(Object.entries(stated).filter(([id]) => !gone.has(id)));
  }

  /** The estimate without some records, to first order: the mode moves, the spread stays. */
  without(answer, records) {
    const codes = this.estimator.codes(answer.profile.levels);
    const { usual, effect } = this.estimator.design(codes);
    const before = this.estimator.estimate(codes);
    const moved = (pairs) => {
      const along = denseOf(pairs, this.estimator.terms.length);
      return records.reduce((sum, id) => sum + dot(this.influence[id] || [], along), 0);
    };
    return this.estimator.fromMoments(
      before.usualMean - moved(usual),
      before.effectMean - moved(effect),
      before.usualVariance,
      before.between,
      before.effectVariance,
    );
  }
}

function denseOf(pairs, length) {
  const dense = new Float64Array(length);
  pairs.forEach(([i, value]) => (dense[i] += value));
  return dense;
}

function dot(sparse, dense) {
  let sum = 0;
  for (let k = 0; k < sparse.length; k++) sum += sparse[k][1] * dense[sparse[k][0]];
  return sum;
}
