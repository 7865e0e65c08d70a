// Sentences by key, and numbers as each language writes them.

const TAGS = { en: "en-GB", zh: "zh-CN" };

/** A function from a key and values to a sentence; with pick, list and number formats. */
export function catalogue(data, language) {
  const sentences = data.text[language];
  const number = formatter(language);
  const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => shown(values[name], number));
  const text = (key, values = {}) => fill(sentences[key] ?? key, values);
  const unit = (field, unit) => sentences[`unit_of.${field}`] ?? sentences[`unit.${unit}`] ?? "";
  const named = (field) => sentences[`field.${field.id}`] ?? (unit(field.id, field.unit) || field.id);
  const pick = (labels) => labels?.[language] ?? "";
  const bracket = (words) => fill(sentences.bracket, { words });
  return Object.assign(text, formats(number), {
    language,
    has: (key) => Object.hasOwn(sentences, key),
    fill,
    unit,
    pick,
    list: (words) => words.join(sentences.list_join),
    facts: (words) => words.join(sentences.facts_join),
    join: (parts) => parts.filter(Boolean).join(sentences.space),
    bracket,
    mark: (state) => sentences[`publication_mark.${state}`] ?? "",
    told: (...parts) => parts.join(sentences.colon),
    capital: (words) => words.charAt(0).toUpperCase() + words.slice(1),
    scale: named,
    field: (field) => (named(field) === unit(field.id, field.unit) ? pick(field.of) + bracket(named(field)) : named(field)),
    measure: (value, field) => {
      const [told, word] = [figure(value, number), unit(field.id, field.unit)];
      return named(field) === word ? told + sentences.space + word : `${named(field)} ${told}`;
    },
  });
}

function shown(value, number) {
  return typeof value === "number" ? figure(value, number) : String(value ?? "");
}

/** A number that was told, or one in another unit, as a person reads it: two decimals at most, none from 100 on. */
const figure = (value, number) => number(value, Math.abs(value) < 100 ? 2 : 0, 0);

/** number(value, most decimals, least decimals, sign): the real minus sign, and never a negative zero. */
function formatter(language) {
  const made = new Map();
  return (value, most = 0, least = most, signDisplay = "negative") => {
    const key = `${most}/${least}/${signDisplay}`;
    if (!made.has(key)) {
      const options = { maximumFractionDigits: most, minimumFractionDigits: least, signDisplay };
      made.set(key, new Intl.NumberFormat(TAGS[language], options));
    }
    return made.get(key).format(value).replace("-", "−");
  };
}

function formats(number) {
  const clamped = (p) => Math.min(100, Math.max(0, p * 100));
  return {
    number,
    of100: (p) => number(clamped(p)),
    wholes: (shares) => wholes(shares).map((whole) => ({ 0: "<1", 100: ">99" })[whole] ?? number(whole)),
    signed100: (p) => number(p * 100, 0, 0, "exceptZero"),
    signed: (value, decimals = 2) => number(value, decimals, decimals, "exceptZero"),
  };
}

/** Shares of 1 as whole parts of 100 that add up to 100: the largest remainders are rounded up. */
export function wholes(shares) {
  const exact = shares.map((share) => 100 * share);
  const whole = exact.map(Math.floor);
  const left = Math.round(exact.reduce((a, b) => a + b, 0)) - whole.reduce((a, b) => a + b, 0);
  const byRemainder = exact.map((x, i) => [x - whole[i], i]).sort((a, b) => b[0] - a[0]);
  byRemainder.slice(0, left).forEach(([, i]) => (whole[i] += 1));
  return whole;
}
