// The law of the difference that cells make, as predictor/model/difference.py computes it: with u the linear
// predictor of usual care and e the effect of cells, jointly normal, D = expit(u + e) - expit(u).
import { logit } from "./normal.js";

const NODES = 32;
const REACH = 6.5;
const CLOSE = 1e-10;
const MOST_STEPS = 60;
const FARTHEST = 1 - 1e-6;
const NEAREST = 1e-12;

const TOP = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const BOTTOM = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];
const FAR = 7;
const ROOT = Math.sqrt(2 * Math.PI);

const polynomial = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);

/** Where (1 - t) expit(w) is expit(u). */
function stretched(u, t) {
  const p = 1 / (1 + Math.exp(-u));
  return Math.log(p / (1 - t - p));
}

/** (chance that D passes t, density of D at t) for t of at least 0. */
function aboveZero(usual, effect, { usualVariance, effectVariance, between }, t) {
  const sd = Math.sqrt(usualVariance);
  const slope = between / usualVariance;
  const sdGiven = Math.sqrt(effectVariance - slope * between);
  const last = logit(1 - t);
  const low = stretched(Math.min(usual - REACH * sd, last - 1e-6), t);
  let high = last + effect + slope * (last - usual) + REACH * sdGiven;
  const top = Math.min(usual + REACH * sd, last - 1e-6);
  if (top < last - 1e-6) high = Math.min(high, stretched(top, t));
  const step = Math.max(high - low, 0) / NODES;
  let [chance, density] = [0, 0];
  for (let node = 0; node <= NODES; node++) {
    const share = 1 / (1 + Math.exp(-(low + step * node)));
    const p = (1 - t) * share;
    const u = Math.log(p / (1 - p));
    const beyond = (1 - t) * (1 - share);
    const needed = Math.log((p + t) / beyond) - u;
    const fromMean = u - usual;
    const x = (effect + slope * fromMean - needed) / sdGiven;
    const size = Math.min(Math.abs(x), FAR);
    const bell = Math.exp(-0.5 * size * size);
    const tail = (bell * polynomial(TOP, size)) / polynomial(BOTTOM, size);
    const weight = (Math.exp(-0.5 * (fromMean / sd) ** 2) * (1 - share)) / (1 - p);
    chance += weight * (x > 0 ? 1 - tail : tail);
    density += (weight * (bell / ROOT)) / ((p + t) * beyond);
  }
  const scale = step / (sd * ROOT);
  return [chance * scale, (density * scale) / sdGiven];
}

/** (chance that D passes t, density of D at t), between -1 and 1. */
export function above(law, t) {
  const sign = t < 0 ? -1 : 1;
  const [chance, density] = aboveZero(sign * law.usual, sign * law.effect, law, Math.max(Math.abs(t), NEAREST));
  return [t < 0 ? 1 - chance : chance, density];
}

/** A quantile by the delta method, z standard deviations from the mean. */
function start({ usual, effect, usualVariance, effectVariance, between }, z) {
  const [without, cells] = [usual, usual + effect].map((x) => 1 / (1 + Math.exp(-x)));
  const byEffect = cells * (1 - cells);
  const byUsual = byEffect - without * (1 - without);
  const variance = byUsual ** 2 * usualVariance + byEffect ** 2 * effectVariance + 2 * byUsual * byEffect * between;
  return Math.min(Math.max(cells - without + z * Math.sqrt(Math.max(variance, 0)), -0.9), 0.9);
}

/** The value that D stays below with that chance; z: the normal quantile of it, where the search starts. */
function quantile(law, level, z) {
  const wanted = logit(1 - level);
  let [t, low, high] = [start(law, z), -FARTHEST, FARTHEST];
  for (let step = 0; step < MOST_STEPS; step++) {
    const [chance, density] = above(law, t);
    const bounded = Math.min(Math.max(chance, 1e-12), 1 - 1e-12);
    const left = logit(bounded) - wanted;
    if (Math.abs(left) <= CLOSE) break;
    if (left > 0) low = t;
    else high = t;
    const newton = t + (left * bounded * (1 - bounded)) / Math.max(density, 1e-12);
    t = newton >= low && newton <= high ? newton : (low + high) / 2;
  }
  return t;
}

/** The central interval of D with that chance; z: the normal quantile of its upper end. */
export function interval(law, level, z) {
  const tail = (1 - level) / 2;
  return [quantile(law, tail, -z), quantile(law, 1 - tail, z)];
}

/** The chance that D passes each of some values. */
export const passing = (law, cuts) => cuts.map((cut) => above(law, cut)[0]);
