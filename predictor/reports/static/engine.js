// The closed-form estimate of a scorecard, as predictor/model/prediction.py computes it: usual care, with
// cells, and the difference, for one cell of levels. Pure functions of the scorecard; no page in here.

export const CATEGORIES = ["high", "moderate", "low"];

/** The chance at log odds x. */
export function expit(x) {
  return 1 / (1 + Math.exp(-x));
}

export function logit(p) {
  return Math.log(p / (1 - p));
}

// W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969) 631-637.
const SMALL_TOP = [
  1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
];
const SMALL_BOTTOM = [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3];
const MIDDLE_TOP = [
  2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
  8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
];
const MIDDLE_BOTTOM = [
  1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
  4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
];
const LARGE_TOP = [
  1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
  1.60837851487422766e-2, 6.58749161529837803e-4,
];
const LARGE_BOTTOM = [
  1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3,
];

function ratio(top, bottom, x) {
  const value = (coefficients) => coefficients.reduce((sum, c) => sum * x + c, 0);
  return value(top) / value(bottom);
}

/** exp(-y^2) without the rounding error of y*y. */
function gaussian(y) {
  const rough = Math.trunc(y * 16) / 16;
  return Math.exp(-rough * rough) * Math.exp(-(y - rough) * (y + rough));
}

function upperTail(y) {
  if (y <= 4) return gaussian(y) * ratio(MIDDLE_TOP, MIDDLE_BOTTOM, y);
  const inverse = 1 / (y * y);
  const series = inverse * ratio(LARGE_TOP, LARGE_BOTTOM, inverse);
  return (gaussian(y) * (1 / Math.sqrt(Math.PI) - series)) / y;
}

/** The complementary error function, to about 1e-16 of its value. */
export function erfc(x) {
  const y = Math.abs(x);
  if (y <= 0.46875) return 1 - x * ratio(SMALL_TOP, SMALL_BOTTOM, x * x);
  if (y > 26.5) return x > 0 ? 0 : 2;
  return x > 0 ? upperTail(y) : 2 - upperTail(y);
}

/** Phi(x). */
export function normalCdf(x) {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

/** The x at which Phi is p, for 0.5 < p < 1, by Newton's method from 1. */
export function normalQuantile(p) {
  let x = 1;
  for (let step = 0; step < 50; step++) {
    x -= ((normalCdf(x) - p) * Math.sqrt(2 * Math.PI)) / Math.exp((-x * x) / 2);
  }
  return x;
}

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
    this.z = normalQuantile(0.5 + rules.interval_level / 2);
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

  estimate(codes) {
    const { usual, effect } = this.design(codes);
    const [uu, ue, ee] = this.#spread(codes);
    const usualVariance = this.quadratic(usual, usual) + uu + this.tau0;
    const between = this.quadratic(usual, effect) + ue;
    const effectVariance = this.quadratic(effect, effect) + ee + this.tau1;
    return this.fromMoments(this.linear(usual), this.linear(effect), usualVariance, between, effectVariance);
  }

  /** An estimate from the means and variances of usual care and of the effect, on the log-odds scale. */
  fromMoments(usualMean, effectMean, usualVariance, between, effectVariance) {
    const cellsMean = usualMean + effectMean;
    const cellsVariance = usualVariance + 2 * between + effectVariance;
    const usualCare = this.#interval(usualMean, usualVariance);
    const withCells = this.#interval(cellsMean, cellsVariance);
    const correlation = (usualVariance + between) / Math.sqrt(usualVariance * cellsVariance);
    const p = withCells.probability;
    return {
      usualMean,
      usualVariance,
      cellsMean,
      cellsVariance,
      effectMean,
      effectVariance,
      between,
      usualCare,
      withCells,
      difference: moverDifference(withCells, usualCare, correlation),
      probabilityPositive: normalCdf(effectMean / Math.sqrt(effectVariance)),
      categories: this.#categories(cellsMean, cellsVariance),
      worthPatients: 1 / ((cellsVariance - this.tau0 - this.tau1) * p * (1 - p)),
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

/** first minus second, with an interval by MOVER (Zou & Donner 2008, Stat Med 27:1693). */
export function moverDifference(first, second, correlation) {
  const value = first.probability - second.probability;
  const [down1, up1] = [first.probability - first.low, first.high - first.probability];
  const [down2, up2] = [second.probability - second.low, second.high - second.probability];
  const below = down1 ** 2 + up2 ** 2 - 2 * correlation * down1 * up2;
  const above = up1 ** 2 + down2 ** 2 - 2 * correlation * up1 * down2;
  return {
    value,
    low: Math.max(value - Math.sqrt(Math.max(below, 0)), -1),
    high: Math.min(value + Math.sqrt(Math.max(above, 0)), 1),
  };
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
