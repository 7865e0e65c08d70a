// The closed-form estimate of a scorecard, as predictor/model/prediction.py computes it: usual care, with
// cells, and the difference, for one cell of levels. Pure functions of the scorecard; no page in here.

import { interval, passing } from "./difference.js";
import { expit, logit, normalCdf, normalQuantile } from "./normal.js";

export const CATEGORIES = ["high", "moderate", "low"];
export const ADDED = ["fewer", "little_or_none", "some", "many"];
/** Every run of adjoining classes, the shortest first. */
export const RUNS = [1, 2, 3, 4].flatMap((size) =>
  ADDED.slice(0, 5 - size).map((_, start) => ADDED.slice(start, start + size)),
);

/** What is said of the classes: the most probable, unless they cannot be told apart. */
export const saidClass = (category, run) => (run.length === ADDED.length ? "apart" : category);

/** The condition of a scorecard: its factors in order, each with its id and levels in order. */
export function factorsOf(scorecard) {
  return Object.entries(scorecard.configuration.factors).map(([id, data]) => ({
    ...data,
    id,
    levelIds: Object.keys(data.levels),
    groups: data.groups || {},
  }));
}

/** The levels behind a level's name or a group's name; empty for neither. */
export function expand(factor, name) {
  return factor.levelIds.includes(name) ? [name] : factor.groups[name] || [];
}

/** For each factor and each code (a level, or last: unknown) the shares of its levels. */
function sharesOf(factor, mix) {
  const known = factor.levelIds.map((_, k) => factor.levelIds.map((__, j) => (j === k ? 1 : 0)));
  return [...known, factor.levelIds.map((id) => mix[id] || 0)];
}

function symmetric(lower) {
  const full = lower.map(() => new Float64Array(lower.length));
  lower.forEach((row, i) =>
    row.forEach((value, j) => {
      full[i][j] = value;
      full[j][i] = value;
    }),
  );
  return full;
}

function levelFeatures(factors, index) {
  return factors.flatMap((factor, f) => {
    // The time asked for has a kind of term of its own.
    const kind = factor.role === "question" ? "horizon" : `prognosis:${factor.id}`;
    return factor.levelIds.flatMap((level, k) => {
      if (level === factor.reference) return [];
      const usual = factor.prognostic ? index.get(`${kind}:${level}`) : null;
      return [{ parts: [[f, [k]]], usual, effect: index.get(`modifier:${factor.id}:${level}`) }];
    });
  });
}

function interactionPart(pair, factors) {
  const [name, level] = pair.split(":");
  const f = factors.findIndex((factor) => factor.id === name);
  return [f, expand(factors[f], level).map((id) => factors[f].levelIds.indexOf(id))];
}

function interactionFeatures(factors, terms) {
  return terms.flatMap((term, i) => {
    if (!term.includes("*")) return [];
    const pairs = term.replace("modifier:", "").split("*");
    return [{ parts: pairs.map((pair) => interactionPart(pair, factors)), usual: null, effect: i }];
  });
}

/** The share at some levels of a factor, by code. */
function indicator(shares, levels) {
  return shares.map((row) => levels.reduce((sum, k) => sum + row[k], 0));
}

function withIndicators(feature, shares) {
  const indicators = feature.parts.map(([f, levels]) => indicator(shares[f], levels));
  return { ...feature, indicators };
}

/** A scorecard under one stance, ready to estimate cells. Codes: a level's index, or last: unknown. */
export class Estimator {
  constructor(scorecard, stance = "graded") {
    const fitted = scorecard.stances[stance];
    const rules = scorecard.estimate;
    this.scorecard = scorecard;
    this.stance = stance;
    this.factors = factorsOf(scorecard);
    this.terms = scorecard.terms;
    this.mean = fitted.mean;
    this.covariance = symmetric(fitted.covariance);
    this.split = this.terms.indexOf("treated");
    this.tau0 = rules.tau0 ** 2;
    this.tau1 = rules.tau1 ** 2;
    this.level = rules.interval_level;
    this.z = normalQuantile(0.5 + this.level / 2);
    this.addedCuts = [rules.added_fewer_below, rules.added_some_from, rules.added_many_from];
    this.cuts = { high: logit(rules.high_from), moderate: logit(rules.moderate_from) };
    this.shares = this.factors.map((factor) => sharesOf(factor, scorecard.population[factor.id]));
    this.features = this.#features();
    this.pairs = this.#pairs();
  }

  #features() {
    const index = new Map(this.terms.map((term, i) => [term, i]));
    const found = [...levelFeatures(this.factors, index), ...interactionFeatures(this.factors, this.terms)];
    return found.map((feature) => withIndicators(feature, this.shares));
  }

  /** A cell's codes from level names; null or absent is unknown. */
  codes(levels) {
    return this.factors.map((factor) => {
      const level = levels[factor.id];
      return level === null || level === undefined ? factor.levelIds.length : factor.levelIds.indexOf(level);
    });
  }

  unknown(codes, f) {
    return codes[f] === this.factors[f].levelIds.length;
  }

  #value(feature, codes) {
    return feature.parts.reduce((product, [f], p) => product * feature.indicators[p][codes[f]], 1);
  }

  /** The terms that a cell touches, as [column, value] pairs: of usual care, and of the effect. */
  design(codes) {
    const usual = [[0, 1]];
    const effect = [[this.split, 1]];
    for (const feature of this.features) {
      const value = this.#value(feature, codes);
      if (!value) continue;
      if (feature.usual !== null) usual.push([feature.usual, value]);
      effect.push([feature.effect, value]);
    }
    return { usual, effect };
  }

  linear(pairs) {
    return pairs.reduce((sum, [i, value]) => sum + value * this.mean[i], 0);
  }

  /** x' V y of two combinations of terms. */
  quadratic(x, y) {
    let total = 0;
    for (const [i, a] of x) for (const [j, b] of y) total += a * b * this.covariance[i][j];
    return total;
  }

  /** Means and variances of the linear predictors, and the chances at their means. */
  chances(codes) {
    const { usual, effect } = this.design(codes);
    const [uu, ue, ee] = this.#spread(codes);
    return this.chancesFrom({
      usual: this.linear(usual),
      effect: this.linear(effect),
      usualVariance: this.quadratic(usual, usual) + uu + this.tau0,
      between: this.quadratic(usual, effect) + ue,
      effectVariance: this.quadratic(effect, effect) + ee + this.tau1,
    });
  }

  /** The same from the joint normal law of usual care and the effect, on the log-odds scale. */
  chancesFrom(law) {
    const cellsMean = law.usual + law.effect;
    return {
      law,
      usualMean: law.usual,
      usualVariance: law.usualVariance,
      cellsMean,
      cellsVariance: law.usualVariance + 2 * law.between + law.effectVariance,
      bestDifference: expit(cellsMean) - expit(law.usual),
    };
  }

  estimate(codes) {
    return this.estimateFrom(this.chances(codes));
  }

  estimateFrom(chances) {
    const { law, usualMean, usualVariance, cellsMean, cellsVariance } = chances;
    const withCells = this.#interval(cellsMean, cellsVariance);
    const p = withCells.probability;
    const positive = this.positive(law);
    return {
      ...chances,
      usualCare: this.#interval(usualMean, usualVariance),
      withCells,
      difference: this.#difference(chances, positive),
      probabilityPositive: positive,
      added: this.added(law),
      usualCategories: this.#categories(usualMean, usualVariance),
      cellsCategories: this.#categories(cellsMean, cellsVariance),
      effectWidth: 2 * this.z * Math.sqrt(law.effectVariance - this.tau1),
      worthPatients: 1 / ((cellsVariance - this.tau0 - this.tau1) * p * (1 - p)),
    };
  }

  /** The chance that the effect is above 0. */
  positive(law) {
    return normalCdf(law.effect / Math.sqrt(law.effectVariance));
  }

  /** The chance of each class of what cells add. */
  added(law) {
    const bounds = [1, ...passing(law, this.addedCuts), 0];
    return ADDED.map((_, i) => Math.max(bounds[i] - bounds[i + 1], 0));
  }

  /** The difference with its interval, whose ends lie on the side of 0 on which the chance says that they lie. */
  #difference({ law, bestDifference }, positive) {
    const [low, high] = interval(law, this.level, this.z);
    const tail = (1 - this.level) / 2;
    return {
      value: bestDifference,
      low: positive >= 1 - tail ? Math.max(low, 0) : Math.min(low, 0),
      high: positive <= tail ? Math.min(high, 0) : Math.max(high, 0),
    };
  }

  #interval(mean, variance) {
    const half = this.z * Math.sqrt(variance);
    return { probability: expit(mean), low: expit(mean - half), high: expit(mean + half) };
  }

  #categories(mean, variance) {
    const sd = Math.sqrt(variance);
    const high = normalCdf((mean - this.cuts.high) / sd);
    const low = normalCdf((this.cuts.moderate - mean) / sd);
    return { high, moderate: Math.max(0, 1 - high - low), low };
  }

  /** What unknown factors add to the variance of usual care, its covariance with the effect, and the
   * effect's, by the law of total variance over the population mix. */
  #spread(codes) {
    const totals = [0, 0, 0];
    const unknown = codes.map((_, f) => this.unknown(codes, f));
    if (!unknown.includes(true)) return totals;
    for (const pair of this.pairs) {
      if (!pair.shared.some((f) => unknown[f])) continue;
      const together = covarianceOf(pair, codes);
      pair.weights.forEach((weight, k) => (totals[k] += weight * together));
    }
    return totals;
  }

  #pairs() {
    const pairs = [];
    this.features.forEach((s, i) =>
      this.features.slice(i).forEach((t) => {
        const shared = s.parts.map(([f]) => f).filter((f) => t.parts.some(([g]) => g === f));
        if (shared.length) pairs.push({ shared, weights: this.#weights(s, t), plan: planOf(s, t, this.shares) });
      }),
    );
    return pairs;
  }

  #weights(s, t) {
    const twice = s === t ? 1 : 2;
    const crossed = s === t ? 0 : this.#moment(t.usual, s.effect);
    return [
      twice * this.#moment(s.usual, t.usual),
      this.#moment(s.usual, t.effect) + crossed,
      twice * this.#moment(s.effect, t.effect),
    ];
  }

  #moment(i, j) {
    return i === null || j === null ? 0 : this.mean[i] * this.mean[j] + this.covariance[i][j];
  }

  /** What each factor adds against the population mix, exactly additive; interactions shared as Shapley. */
  contributions(codes) {
    const usual = this.factors.map(() => 0);
    const effect = this.factors.map(() => 0);
    const base = { usual: this.mean[0], effect: this.mean[this.split] };
    for (const feature of this.features) {
      const mixed = feature.indicators.reduce((product, ind) => product * ind[ind.length - 1], 1);
      for (const [f, share] of shapley(feature, codes)) {
        if (feature.usual !== null) usual[f] += share * this.mean[feature.usual];
        effect[f] += share * this.mean[feature.effect];
      }
      if (feature.usual !== null) base.usual += mixed * this.mean[feature.usual];
      base.effect += mixed * this.mean[feature.effect];
    }
    return { usual, effect, base };
  }

  /** For each factor, its contribution as a combination of terms: usual care and effect. */
  directions(codes) {
    const rows = this.factors.map(() => ({ usual: [], effect: [] }));
    for (const feature of this.features) {
      for (const [f, share] of shapley(feature, codes)) {
        if (feature.usual !== null) rows[f].usual.push([feature.usual, share]);
        rows[f].effect.push([feature.effect, share]);
      }
    }
    return rows;
  }
}

/** For the factors of two features, the tables of which the covariance is made. */
function planOf(s, t, shares) {
  const factors = [...new Set([...s.parts, ...t.parts].map(([f]) => f))];
  const levels = (feature, f) => (feature.parts.find(([g]) => g === f) || [])[1];
  return factors.map((f) => {
    const [a, b] = [levels(s, f), levels(t, f)];
    if (!a || !b) return { f, alone: indicator(shares[f], a || b) };
    const joint = indicator(
      shares[f],
      a.filter((k) => b.includes(k)),
    );
    return { f, joint, first: indicator(shares[f], a), second: indicator(shares[f], b) };
  });
}

function covarianceOf(pair, codes) {
  let both = 1;
  let apart = 1;
  for (const { f, alone, joint, first, second } of pair.plan) {
    const at = codes[f];
    both *= alone ? alone[at] : joint[at];
    apart *= alone ? alone[at] : first[at] * second[at];
  }
  return both - apart;
}

/** Each factor's part of (product of values minus product of mixes). */
function shapley(feature, codes) {
  const values = feature.parts.map(([f], p) => feature.indicators[p][codes[f]]);
  const mixes = feature.indicators.map((ind) => ind[ind.length - 1]);
  const [[f], second] = feature.parts;
  if (!second) return [[f, values[0] - mixes[0]]];
  const [a, b] = values;
  return [
    [f, 0.5 * (a - mixes[0]) * (b + mixes[1])],
    [second[0], 0.5 * (b - mixes[1]) * (a + mixes[0])],
  ];
}

/** shown, possible, not_shown or possible_harm, from the chance that the difference is above 0. */
export function addedBenefit(probabilityPositive, rules) {
  if (probabilityPositive >= rules.benefit_shown) return "shown";
  if (probabilityPositive >= rules.benefit_possible) return "possible";
  return probabilityPositive <= rules.possible_harm ? "possible_harm" : "not_shown";
}

/** The most probable category, and any other that holds at least so much; most probable first. */
export function responseSet(probabilities, least) {
  const ordered = [...CATEGORIES].sort((a, b) => probabilities[b] - probabilities[a]);
  return ordered.filter((category, i) => i === 0 || probabilities[category] >= least);
}

/** The smallest run of adjoining classes that holds at least so much; of these the most probable. */
export function addedRun(added, least) {
  const held = (run) => run.reduce((sum, name) => sum + added[ADDED.indexOf(name)], 0);
  const worth = RUNS.map((run) => (held(run) >= least ? held(run) - run.length : -Infinity));
  return RUNS[worth.indexOf(Math.max(...worth))];
}

/** The class in which a difference itself lies. */
export const differenceClass = (difference, cuts) => ADDED[cuts.filter((cut) => difference >= cut).length];

/** The most probable class of what cells add. */
export const mostProbable = (added) => ADDED[added.indexOf(Math.max(...added))];
