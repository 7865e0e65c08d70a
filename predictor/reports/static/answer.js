// Turns an estimate into the answer record, as predictor/answer/explanation.py does.
import { ADDED, addedBenefit, addedRun, CATEGORIES, differenceClass, Estimator, mostProbable, responseSet, saidClass } from "./engine.js";
import { hadCells, Shelf } from "./evidence.js";
import { expit } from "./normal.js";
import { contradictions } from "./profile.js";
import { classLabel } from "./words.js";

export class Explainer {
  constructor(scorecard, stance, text) {
    this.scorecard = scorecard;
    this.stance = stance;
    this.text = text;
    this.estimator = new Estimator(scorecard, stance);
    this.sceptical = stance === "sceptical" ? this.estimator : new Estimator(scorecard, "sceptical");
    this.shelf = new Shelf(scorecard, text);
    this.factors = this.estimator.factors;
    this.average = slopesAt(this.estimator.chances(this.estimator.codes({})));
    this.influence = this.#beside("influence");
    this.widening = this.#beside("widening");
    this.together = this.factors.filter((factor) => factor.studied_together);
    this.groups = scorecard.groups.filter((group) => group.use === "fit" && hadCells(group));
  }

  /** What each record does to the terms: `influence`, how far it moves each, as sparse [column, value] pairs, and
   * `widening`, what leaving it out adds to a variance for each square of its move. */
  #beside(what) {
    const { stances } = this.scorecard;
    return { ...stances.sceptical[what], ...stances[this.stance][what] };
  }

  /** The answer without its evidence texts: what a chart needs, at the speed of a slider. Where it abstains, all
   * numbers are withheld and stand under `extrapolation`. */
  answer(understood) {
    const codes = this.estimator.codes(understood.levels);
    const estimate = this.estimator.estimate(codes);
    const { messages, abstained } = this.verdict(understood, estimate);
    const parts = this.estimator.contributions(codes);
    const studies = this.sceptical.contributions(codes);
    const numbers = this.#numbers(understood, codes, estimate, parts, studies);
    return {
      schema_version: "2",
      intended_use: this.text("intended_use"),
      condition: this.scorecard.condition,
      stance: this.stance,
      scorecard: this.scorecard.hash,
      profile: this.#profile(understood),
      ...(abstained ? WITHHELD : numbers),
      ...this.#certainty(understood, codes, estimate, parts, studies, abstained),
      abstained,
      messages: messages.map((message) => this.note(this.#across(message, understood, abstained))),
      extrapolation: abstained ? numbers : null,
      language: this.text.language,
    };
  }

  /** All that is said in figures, whether it may be said or not. */
  #numbers(understood, codes, estimate, parts, studies) {
    const rules = this.scorecard.estimate;
    return {
      added_response: {
        category: mostProbable(estimate.added),
        set: addedRun(estimate.added, rules.added_run),
        probabilities: named(ADDED, estimate.added),
      },
      added_benefit: addedBenefit(estimate.probabilityPositive, rules),
      usual_care: estimate.usualCare,
      with_cells: estimate.withCells,
      difference: { ...estimate.difference, probability_positive: estimate.probabilityPositive },
      response: {
        usual_care: this.#response(estimate.usualCategories),
        with_cells: this.#response(estimate.cellsCategories),
      },
      worth_patients: estimate.worthPatients,
      ...this.#contributions(understood, codes, estimate, parts, studies),
      unknowns: this.#unknowns(understood, codes, estimate),
      carried_by: this.#carrier(codes, estimate, understood.levels),
    };
  }

  #response(categories) {
    const set = responseSet(categories, this.scorecard.estimate.set_probability);
    return { category: set[0], set, probabilities: named(CATEGORIES, CATEGORIES.map((c) => categories[c])) };
  }

  #profile({ condition, stated, levels, unknown }) {
    return { condition, ...stated, levels, unknown };
  }

  /** The messages of a patient, and whether the answer abstains. */
  verdict(understood, estimate) {
    const messages = [...understood.messages, ...this.#unstudied(understood.levels)];
    const silent = (m) => m.severity === "abstain";
    if (!messages.some(silent)) messages.push(...this.#undecided(estimate, understood.levels), ...this.#parted(estimate));
    messages.push(...this.#retractions());
    return { messages, abstained: messages.some(silent) };
  }

  /** Levels that were told and at which no patient was studied. */
  #unstudied(levels) {
    return this.factors.flatMap((factor) => {
      const level = levels[factor.id];
      if (level === null || this.scorecard.patients[factor.id][level]) return [];
      const values = { factor: factor.id, level };
      if (factor.abstain_when_unstudied) return [{ code: "level_not_studied", severity: "abstain", values }];
      if (level === factor.reference && factor.role !== "question") return [];
      return [{ code: "level_only_claimed", severity: "warning", values }];
    });
  }

  /** Why nothing can be said of a patient, each factor once: [{text, factor}], the factor where no study reaches. */
  silences(understood) {
    const estimate = this.estimator.estimate(this.estimator.codes(understood.levels));
    const found = this.verdict(understood, estimate).messages.filter((m) => m.severity === "abstain");
    const first = (m, i) => found.findIndex((other) => other.values.factor === m.values.factor) === i;
    const each = found.filter((m, i) => !m.values.factor || first(m, i));
    return each.map((m) => ({ code: m.code, text: this.note(m).text, factor: m.values.factor }));
  }

  /** Cannot say: every class stays possible, and a main factor is not told. */
  #undecided(estimate, levels) {
    const unknown = this.#missing(levels);
    const run = addedRun(estimate.added, this.scorecard.estimate.added_run);
    if (run.length < ADDED.length || !unknown.length) return [];
    return [{ code: "too_many_unknowns", severity: "abstain", values: { unknown } }];
  }

  /** Where the difference itself lies in another class than the one that is said. */
  #parted(estimate) {
    const [said, there] = [this.#said(estimate.added), differenceClass(estimate.difference.value, this.estimator.addedCuts)];
    if (said === "apart" || said === there) return [];
    return [{ code: "difference_in_another_class", severity: "warning", values: { class: there } }];
  }

  /** What must be said of every patient where studies are retracted: which left the fit, and which stays pooled. */
  #retractions() {
    const { groups, evidence } = this.scorecard;
    const fitted = new Set(groups.filter((g) => g.use === "fit").map((g) => g.study_id));
    return Object.keys(evidence.studies).flatMap((study) => {
      if (evidence.studies[study].publication_state !== "retracted") return [];
      const mine = groups.filter((g) => g.study_id === study);
      const pools = new Set(mine.map((g) => g.pooled_in).filter((id) => fitted.has(id)));
      const values = { study, records: `${mine.length}` };
      const pooled = [...pools].map((id) => ({ code: "retracted_in_pool", severity: "warning", values: { study, pooled: id } }));
      return [{ code: "retracted_study", severity: "warning", values }, ...pooled];
    });
  }

  /** Unknown factors that matter: the main ones in which patients of the population differ. */
  #missing(levels) {
    const differs = (id) => Math.max(...Object.values(this.scorecard.population[id])) < 1;
    return this.factors
      .filter((f) => levels[f.id] === null && f.abstain_when_unstudied && differs(f.id))
      .map((f) => f.id);
  }

  /** A message on a cut-off with the answer on the other side; nothing of it where this side's is withheld. */
  #across(message, { levels }, abstained) {
    if (message.code !== "near_cut") return message;
    const other = { ...levels, [message.values.factor]: message.values.other };
    const estimate = this.estimator.estimate(this.estimator.codes(other));
    const silent = abstained || this.verdict({ levels: other, messages: [] }, estimate).abstained;
    return { ...message, values: { ...message.values, there: silent ? null : estimate } };
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
    if ("there" in values) worded.there = this.#there(values.there);
    if ("there" in values) worded.other_level = text.pick(factor.levels[values.other].label);
    for (const name of ["used", "other", "field"]) if (shelf.field.has(values[name])) worded[name] = text.field(shelf.field.get(values[name]));
    const cited = (id) => `${this.scorecard.evidence.studies[id].short_citation} [${id}]`;
    for (const name of ["study", "pooled"]) if (name in values) worded[name] = cited(values[name]);
    if (values.reason) worded.reason = text.pick(values.reason);
    if (values.unknown) worded.unknown = text.list(values.unknown.map((f) => text.pick(shelf.factor.get(f).label)));
    if (values.class) worded.class = classLabel(values.class, this.scorecard.estimate, text);
    if (values.unit) worded.unit = text.unit(values.field, values.unit);
    return worded;
  }

  /** The answer across a cut-off in words. */
  #there(estimate) {
    if (!estimate) return this.text("near.cannot_say");
    const [usual, cells] = [estimate.usualCare, estimate.withCells].map((c) => (100 * c.probability).toFixed(0));
    return this.text("near.answer", { usual, cells, added: this.text(`added.${this.#said(estimate.added)}`) });
  }

  /** What is said of the chances of the classes. */
  #said(added) {
    return saidClass(mostProbable(added), addedRun(added, this.scorecard.estimate.added_run));
  }

  #contributions(understood, codes, estimate, parts, studies) {
    const per100 = inPatients(estimate, parts);
    const directions = this.estimator.directions(codes);
    const rows = this.factors.map((factor, f) =>
      this.#contribution(factor, understood.levels[factor.id], {
        usual: parts.usual[f],
        effect: parts.effect[f],
        studies: studies.effect[f],
        per_100: per100[f],
        direction: directions[f],
      }),
    );
    const { usual, effect } = parts.base;
    const baseline = {
      usual_care: usual,
      effect,
      effect_from_studies: studies.base.effect,
      effect_from_claims: effect - studies.base.effect,
      per_100: patients(100 * expit(usual), 100 * expit(usual + effect)),
      evidence: this.strongest({}),
    };
    return { contributions: rows, baseline };
  }

  #contribution(factor, level, { usual, effect, studies, per_100, direction }) {
    const [low, high] = this.#bounds(usual + effect, [...direction.usual, ...direction.effect]);
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
      per_100,
      low,
      high,
      usual_care_low: usualLow,
      usual_care_high: usualHigh,
      effect_low: effectLow,
      effect_high: effectHigh,
      patients: level ? this.scorecard.patients[factor.id][level] : null,
      evidence: this.shelf.behind(factor, this.#movers(direction)),
    };
  }

  #bounds(value, direction) {
    const half = this.estimator.z * Math.sqrt(Math.max(0, this.estimator.quadratic(direction, direction)));
    return [value - half, value + half];
  }

  /** The records that move a combination of terms; the one that moves the difference of the average patient most comes
   * first. */
  #movers({ usual, effect }) {
    const least = this.scorecard.estimate.influence_shown;
    const along = [usual, [...usual, ...effect]].map((pairs) => denseOf(pairs, this.estimator.terms.length));
    return Object.entries(this.influence)
      .map(([id, move]) => [id, ...along.map((dense) => dot(move, dense))])
      .filter(([, , cells]) => Math.abs(cells) >= least)
      .map(([id, without, cells]) => [id, Math.abs(pulled(without, cells, this.average))])
      .sort((a, b) => b[1] - a[1])
      .map(([id]) => id);
  }

  /** The records that move the difference of an answer most, strongest first. */
  strongest(levels) {
    return this.#movers(this.estimator.design(this.estimator.codes(levels)));
  }

  /** A record without which, to first order, the answer would be another; of several the one that moves most. */
  #carrier(codes, estimate, levels) {
    const { estimator } = this;
    const { usual, effect } = estimator.design(codes);
    const along = [usual, effect].map((pairs) => denseOf(pairs, estimator.terms.length));
    const moves = Object.entries(this.scorecard.stances[this.stance].influence).map(([id, move]) => [
      id,
      ...along.map((dense) => dot(move, dense)),
    ]);
    const slopes = slopesAt(estimate);
    const pull = ([, usual, onEffect]) => Math.abs(pulled(usual, usual + onEffect, slopes));
    moves.sort((a, b) => pull(b) - pull(a));
    const rules = this.scorecard.estimate;
    const said = (law) => [this.#said(estimator.added(law)), addedBenefit(estimator.positive(law), rules)];
    const now = said(estimate.law).join();
    for (const [id, ...move] of moves.slice(0, rules.carriers_tried)) {
      const [category, benefit] = said(this.#left(estimate.law, [[id, ...move]]));
      if ([category, benefit].join() === now) continue;
      const silent = category === "apart" && this.#missing(levels).length > 0;
      return { id, kind: this.shelf.kind(id), category: silent ? null : category, added_benefit: silent ? null : benefit };
    }
    return null;
  }

  /** GRADE's words, judged on the studies alone: from high by randomised design down by steps, never high. */
  #certainty(understood, codes, estimate, parts, studies, abstained) {
    if (abstained) return { certainty: "very_low", certainty_reasons: ["abstained"] };
    const sceptical = this.sceptical === this.estimator ? estimate : this.sceptical.estimate(codes);
    const imprecise = this.#imprecision(sceptical, understood.levels);
    const { basis } = this.scorecard;
    const concerns = {
      risk_of_bias: basis.biased,
      inconsistency: basis.inconsistent,
      indirectness: this.#indirect(understood.levels),
      imprecision: imprecise > 0,
    };
    const reasons = Object.keys(concerns).filter((name) => concerns[name]);
    const steps = reasons.length - (imprecise > 0 ? 1 : 0) + imprecise;
    const rests = this.#restsOnClaims(parts, studies);
    const words = ["moderate", "moderate", "low", ...Array(4).fill("very_low")];
    const told = [...(rests ? ["rests_on_claims"] : []), ...reasons];
    return { certainty: rests ? "very_low" : words[steps], certainty_reasons: told.length ? told : ["ceiling"] };
  }

  #imprecision(sceptical, levels) {
    const rules = this.scorecard.estimate;
    const spans = addedRun(sceptical.added, rules.added_run).length;
    if (this.#undecided(sceptical, levels).length) return 3;
    if (spans === ADDED.length || sceptical.effectWidth > rules.certainty.wide_effect) return 2;
    return spans >= rules.certainty.imprecise_classes ? 1 : 0;
  }

  /** Whether few patients were studied at a told main level, or none at the main levels together. */
  #indirect(levels) {
    const main = this.factors.filter((f) => f.abstain_when_unstudied && levels[f.id] !== null);
    const few = this.scorecard.estimate.certainty.indirect_patients;
    if (main.some((f) => this.scorecard.patients[f.id][levels[f.id]] < few)) return true;
    const least = this.scorecard.estimate.studied_share;
    const there = (group) => (f) =>
      levels[f.id] === null || ((group.composition[f.id] || {})[levels[f.id]] || 0) >= least;
    return !this.groups.some((group) => this.together.every(there(group)));
  }

  /** Whether claims make the greater part of what moves the effect. */
  #restsOnClaims(parts, studies) {
    const sum = (values) => values.reduce((total, value) => total + Math.abs(value), 0);
    const fromStudies = sum([...studies.effect, studies.base.effect]);
    const beyond = parts.effect.map((value, f) => value - studies.effect[f]);
    const fromClaims = sum([...beyond, parts.base.effect - studies.base.effect]);
    const share = this.scorecard.estimate.certainty.claims_share;
    return fromClaims > 0 && fromClaims >= share * (fromClaims + fromStudies);
  }

  /** Each unknown factor as a range over its levels, the one that would narrow most first. */
  #unknowns(understood, codes, estimate) {
    const open = this.factors
      .map((factor, f) => [factor, f])
      .filter(([factor]) => understood.levels[factor.id] === null);
    return open.map(([factor, f]) => this.#unknown(factor, f, codes, estimate)).sort((a, b) => b.narrows - a.narrows);
  }

  #unknown(factor, f, codes, estimate) {
    const known = factor.levelIds.map((_, k) => this.estimator.chances(codes.with(f, k)));
    const reached = this.#studied(factor);
    const mix = this.estimator.shares[f][factor.levelIds.length];
    const settled = estimate.cellsVariance - known.reduce((sum, e, k) => sum + mix[k] * e.cellsVariance, 0);
    const shown = known.filter((_, k) => reached[k]);
    const cells = shown.map((e) => expit(e.cellsMean));
    const difference = shown.map((e) => e.bestDifference);
    return {
      factor: factor.id,
      with_cells_low: Math.min(...cells),
      with_cells_high: Math.max(...cells),
      difference_low: Math.min(...difference),
      difference_high: Math.max(...difference),
      narrows: settled / estimate.cellsVariance,
    };
  }

  /** Which levels of a factor are not withheld for want of patients; all of them where none would be left. */
  #studied({ id, levelIds, abstain_when_unstudied: withheld }) {
    const studied = levelIds.map((level) => !withheld || this.scorecard.patients[id][level] > 0);
    return studied.includes(true) ? studied : studied.map(() => true);
  }

  /** Every item of evidence that a contribution or the baseline names, once. */
  evidence(answer) {
    const { levels } = answer.profile;
    const { contributions, baseline } = answer.extrapolation ?? answer;
    const ids = [...contributions.flatMap((c) => c.evidence), ...baseline.evidence];
    return [...new Set(ids)].map((id) => this.shelf.item(id, levels));
  }

  /** The whole record, as `predictor explain --json` prints it. */
  record(answer) {
    return { ...answer, evidence: this.evidence(answer), similar_groups: this.shelf.similar(answer.profile.levels) };
  }

  /** The answer in brief if some levels were others; nothing of it where nothing can be said there. */
  at(understood, changes) {
    const levels = { ...understood.levels, ...changes };
    const codes = this.estimator.codes(levels);
    const estimate = this.estimator.estimate(codes);
    if (this.#silentAt(understood, changes, levels, estimate)) return { silent: true };
    return { ...this.#brief(estimate), certainty: () => this.#certaintyAt(levels, codes, estimate) };
  }

  #silentAt(understood, changes, levels, estimate) {
    const held = understood.messages.some((m) => m.code === "outside_studied" && !(m.values.factor in changes));
    const against = contradictions(this.scorecard.configuration, levels, this.#statedBeside(understood, changes));
    return held || against.length > 0 || this.verdict({ levels, messages: [] }, estimate).abstained;
  }

  #brief(estimate) {
    const { usualCare, withCells, difference, added, probabilityPositive } = estimate;
    return {
      silent: false,
      usual: usualCare,
      cells: withCells,
      difference,
      category: mostProbable(added),
      set: addedRun(added, this.scorecard.estimate.added_run),
      benefit: addedBenefit(probabilityPositive, this.scorecard.estimate),
    };
  }

  #certaintyAt(levels, codes, estimate) {
    const [parts, studies] = [this.estimator, this.sceptical].map((estimator) => estimator.contributions(codes));
    return this.#certainty({ levels }, codes, estimate, parts, studies, false).certainty;
  }

  /** The changes of one choice for which the answer is another: its class or its word; the largest move first. */
  nearest(understood, limit = 5) {
    const now = this.at(understood, {});
    if (now.silent) return [];
    const chosen = this.factors.filter((factor) => factor.role === "chosen");
    const changes = chosen.flatMap(({ id, levelIds }) =>
      levelIds.filter((level) => level !== understood.levels[id]).map((level) => ({ factor: id, level })),
    );
    const found = changes.map((change) => ({ ...change, ...this.at(understood, { [change.factor]: change.level }) }));
    const said = (a) => [saidClass(a.category, a.set), a.benefit].join();
    const other = found.filter((a) => !a.silent && said(a) !== said(now));
    const move = (a) => Math.abs(a.difference.value - now.difference.value);
    return other.sort((a, b) => move(b) - move(a)).slice(0, limit);
  }

  /** What was stated of the factors that do not change. */
  #statedBeside({ stated }, changes) {
    const gone = new Set(Object.keys(changes).flatMap((id) => Object.keys(this.shelf.factor.get(id).fields)));
    return Object.fromEntries(Object.entries(stated).filter(([id]) => !gone.has(id)));
  }

  /** A law without some records, each with how far it moves usual care and the effect, to first order: it moves
   * back, and widens. */
  #left(law, moves) {
    const left = { ...law };
    for (const [id, usual, effect] of moves) {
      const widening = this.widening[id] || 0;
      left.usual -= usual;
      left.effect -= effect;
      left.usualVariance += widening * usual * usual;
      left.between += widening * usual * effect;
      left.effectVariance += widening * effect * effect;
    }
    return left;
  }

  /** The estimate without some records, to first order; nothing of it where nothing could be said without them. */
  without(answer, records) {
    const codes = this.estimator.codes(answer.profile.levels);
    const { usual, effect } = this.estimator.design(codes);
    const along = [usual, effect].map((pairs) => denseOf(pairs, this.estimator.terms.length));
    const moves = records.map((id) => [id, ...along.map((dense) => dot(this.influence[id] || [], dense))]);
    const law = this.#left(this.estimator.chances(codes).law, moves);
    const estimate = this.estimator.estimateFrom(this.estimator.chancesFrom(law));
    const { levels } = answer.profile;
    const silent = this.#unreached(levels, records) || this.#undecided(estimate, levels).length > 0;
    return silent ? { silent } : this.#brief(estimate);
  }

  /** Whether, without some records, nobody would be left who was studied at a told main level. */
  #unreached(levels, records) {
    const left = this.groups.filter((group) => !records.includes(group.id));
    const least = this.scorecard.estimate.studied_share;
    const told = this.factors.filter((factor) => factor.abstain_when_unstudied && levels[factor.id] !== null);
    return told.some(({ id }) => !left.some((group) => ((group.composition[id] || {})[levels[id]] || 0) >= least));
  }
}

/** What stands in a record whose numbers are withheld. */
const WITHHELD = {
  added_response: null,
  added_benefit: null,
  usual_care: null,
  with_cells: null,
  difference: null,
  response: null,
  worth_patients: null,
  contributions: [],
  baseline: null,
  unknowns: [],
  carried_by: null,
};

const named = (names, values) => Object.fromEntries(names.map((name, i) => [name, values[i]]));

const patients = (usual, cells) => ({ usual_care: usual, with_cells: cells, difference: cells - usual });

/** What each factor adds in patients of 100, by Aumann-Shapley along the line from the average patient. */
function inPatients(estimate, parts) {
  const { usual, effect } = parts.base;
  const without = slope(usual, estimate.usualMean);
  const cells = slope(usual + effect, estimate.cellsMean);
  return parts.usual.map((own, f) => patients(own * without, (own + parts.effect[f]) * cells));
}

/** How many patients of 100 a unit of the linear predictor moves, on the way from one to the other. */
function slope(start, end) {
  const [low, high] = [expit(start), expit(end)];
  return 100 * (end === start ? low * (1 - low) : (high - low) / (end - start));
}

/** How much of usual care, and of the chance with cells, a unit of log odds moves. */
function slopesAt({ usualMean, cellsMean }) {
  return [usualMean, cellsMean].map((mean) => expit(mean) * (1 - expit(mean)));
}

/** How far moves of usual care and with cells, on the log-odds scale, move the difference, to first order. */
const pulled = (usual, cells, slopes) => cells * slopes[1] - usual * slopes[0];

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
