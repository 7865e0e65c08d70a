// The normal and the logistic distribution.

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
