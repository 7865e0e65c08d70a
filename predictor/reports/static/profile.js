// Reads a described, hypothetical patient as predictor/profile/reading.py does: a level for each factor, the
// messages, and all the faults at once.
import { factorsOf } from "./engine.js";

const UNKNOWN = new Set([
  ..."|unknown|missing|null|nan|na|n/a|#n/a|nd|nonegiven|?|.|—|/|未知|不详|不明|缺失|未测|无数据".split("|"),
]);
const YEAR_IN_DAYS = 365.25;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DAYS = { hours: 1 / 24, days: 1, weeks: 7, months: YEAR_IN_DAYS / 12, years: YEAR_IN_DAYS };
const UNIT_WORDS = {
  hours: "h|hr|hrs|hour|hours|小时",
  days: "d|day|days|天|日",
  weeks: "w|wk|wks|week|weeks|周|星期|礼拜",
  months: "m|mo|mos|month|months|月|个月",
  years: "y|yr|yrs|year|years|岁|周岁|年",
  points: "point|points|分",
};
const DIGITS = { 零: 0, 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9 };
const DIGIT = `[${Object.keys(DIGITS).join("")}]`;
const NUMERAL = new RegExp(`^(?:(${DIGIT})百(?!${DIGIT}$)零?)?(?:(${DIGIT}?)(十))?零?(${DIGIT}?)$`);
const OTHER_SIGNS = { 〇: "零", "。": ".", 廿: "二十", 卅: "三十" };
const EXACT = 6;
/** How far a number told in another unit may be from the one that was given, as a share of it; and the digits of a double. */
const SAME = 1e-12;
const DIGITS_OF_A_DOUBLE = 17;
const UNIT_WITHIN = /[a-z]+|小时|[天日周月岁]|年(?!龄)/g;

const made = new Map();

/** The units of a condition by the words for them, and how a name ends with one: those of time and points, and what
 * the condition counts in. */
function unitsOf(configuration) {
  if (!made.has(configuration)) made.set(configuration, unitsMade(configuration.counted_units || {}));
  return made.get(configuration);
}

function unitsMade(counted) {
  const own = Object.entries(counted).map(([unit, { words }]) => [unit, words]);
  const all = [...Object.entries(UNIT_WORDS).map(([unit, words]) => [unit, words.split("|")]), ...own];
  const byWord = Object.fromEntries(all.flatMap(([unit, words]) => words.map((word) => [word, unit])));
  const words = Object.keys(byWord).join("|");
  const atEnd = new RegExp(
    `^(.+?)(?:[\\s_\\-,，/]{1,3}(?![a-z]$)|[(（\\[]\\s?)(?:in\\s)?(${words})\\s?[)）\\]]?$`,
    "i",
  );
  const longest = Object.keys(byWord).sort((a, b) => b.length - a.length).join("|");
  const number = "[+-]?\\d+(?:\\.\\d+)?|[零一二两三四五六七八九十百点]+|半";
  const part = new RegExp(`(?:[又零和,]|and)?\\s*(${number})\\s*(?:个?(半)?\\s*(${longest})(半)?)?\\s*`, "iy");
  return { byWord, atEnd, part };
}

/** A word for comparing: half-width signs, Ⅲ as III; no case, spaces, hyphens or underscores. */
export function normalised(word) {
  return String(word).normalize("NFKC").toLowerCase().replace(/[ \-_\t]/g, "");
}

/** A sign in half width; as it is where a digit would come of one that is none, like a footnote's mark. */
function plainSign(sign) {
  const half = sign.normalize("NFKC");
  return /\p{Nd}/u.test(half) && !/\p{Nd}/u.test(sign) ? sign : half;
}

/** A text in half-width signs: ２．５ is 2.5, Ⅲ is III; ² and ① stay, as they are no digits. */
const plain = (text) => [...text].map(plainSign).join("").replace(/[〇。廿卅]/g, (sign) => OTHER_SIGNS[sign]);

/** The number of Chinese numerals: 2 of 两, 65 of 六十五, 1.5 of 一点五, 0.5 of 半; NaN of 七八. */
function numeral(text) {
  if (text === "半") return 0.5;
  const [whole, decimals, more] = text.split("点");
  const found = whole ? NUMERAL.exec(whole) : null;
  if (!found || more !== undefined || decimals === "" || [...(decimals || "")].some((sign) => !(sign in DIGITS))) return NaN;
  const [, hundreds, tens, ten, ones] = found;
  const number = 100 * (DIGITS[hundreds] ?? 0) + (ten ? 10 * (DIGITS[tens] ?? 1) : 0) + (DIGITS[ones] ?? 0);
  return Number(`${number}.${[...(decimals || "")].map((sign) => DIGITS[sign]).join("")}`);
}

/** The numbers of a quantity with their units, the halves added; nothing where it is no quantity. */
function quantity(text, { byWord, part }) {
  const spelt = plain(text).replace(/^[\s.]+|[\s.]+$/g, "");
  const parts = [];
  for (part.lastIndex = 0; part.lastIndex < spelt.length; ) {
    const found = part.exec(spelt);
    const number = found ? (/\d$/.test(found[1]) ? Number(found[1]) : numeral(found[1])) : NaN;
    if (Number.isNaN(number)) return [];
    const halves = 0.5 * ((found[2] ? 1 : 0) + (found[4] ? 1 : 0));
    parts.push({ number: number + halves, unit: found[3] ? byWord[found[3].toLowerCase()] : null });
  }
  const told = parts.map((p) => p.unit);
  return parts.length > 1 && (told.includes(null) || new Set(told).size < told.length) ? [] : parts;
}

/** How many of a field's own units are in another one: in that of the factor's other fields, or of time. */
function sizeOf(unit, field, factor) {
  if (unit === null || unit === field.unit) return 1;
  const other = fieldsOf(factor).find((f) => isNumeric(f) && f.unit === unit);
  if (other) return other.multiply_by / field.multiply_by;
  return unit in DAYS && field.unit in DAYS ? DAYS[unit] / DAYS[field.unit] : NaN;
}

/** A quantity as a number of a field: 2.5 of 2岁半; NaN where its unit measures another thing. */
function inUnitOf(field, factor, parts) {
  const sizes = parts.map((p) => sizeOf(p.unit, field, factor));
  const total = parts.reduce((sum, p, i) => sum + p.number * sizes[i], 0);
  if (!parts.length || Number.isNaN(total)) return NaN;
  return sizes.every((size) => size === 1) ? total : Number(total.toFixed(EXACT));
}

export function isUnknown(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return true;
  return typeof value === "string" && UNKNOWN.has(normalised(value));
}

function inBand(band, value) {
  const over = band.above === undefined ? value >= (band.from ?? -Infinity) : value > band.above;
  const under = band.below === undefined ? value <= (band.to ?? Infinity) : value < band.below;
  return over && under;
}

/** The level whose band holds a measured value. */
export function levelAt(factor, value) {
  return factor.levelIds.find((id) => (factor.levels[id].bands || []).some((band) => inBand(band, value))) ?? null;
}

/** A number in the fewest digits, from so many on, of which something holds; none where it never does. */
function shortest(number, holds, least = 1) {
  for (let digits = least; digits <= DIGITS_OF_A_DOUBLE; digits++) {
    const short = Number(number.toPrecision(digits));
    if (holds(short)) return short;
  }
  return null;
}

/** A number of one field as one of another: the same quantity at the same level; none between a measure and a category. */
export function converted(value, factor, from, to) {
  if (!isNumeric(from) || !isNumeric(to)) return null;
  const measure = value * from.multiply_by;
  const level = levelAt(factor, measure);
  const same = (number) =>
    Math.abs(number * to.multiply_by - measure) <= SAME * Math.abs(measure) &&
    levelAt(factor, number * to.multiply_by) === level &&
    !(to.integer && !Number.isInteger(number));
  return shortest(measure / to.multiply_by, same);
}

/** A number as it is shown, in six digits or as many as tell its level. */
export function inFewDigits(value, factor, field) {
  const level = levelAt(factor, value * field.multiply_by);
  return shortest(value, (short) => levelAt(factor, short * field.multiply_by) === level, EXACT) ?? value;
}

/** The fields by which a factor can be told, each with its id and what its factor is called. */
export function fieldsOf(factor) {
  return Object.entries(factor.fields).map(([id, field]) => ({ multiply_by: 1, ...field, id, factor: factor.id, of: factor.label }));
}

export const isNumeric = (field) => field.minimum !== undefined;

function named(word, names) {
  const wanted = normalised(word);
  return names.some((name) => normalised(name) === wanted);
}

/** A name without the unit at its end, and that unit: Age and months of `Age (months)`. */
function nameAndUnit(name, { byWord, atEnd }) {
  const parts = atEnd.exec(name.trim());
  return parts ? [parts[1], byWord[parts[2].toLowerCase()]] : [name, null];
}

const tellsUnit = (name, { byWord }) => (name.toLowerCase().match(UNIT_WITHIN) || []).some((word) => word in byWord);

/** The names of a field without the units at their ends. */
const bareNames = (field, units) => [field.id, ...(field.synonyms || [])].map((word) => nameAndUnit(word, units)[0]);

/** The field of a measured quantity in the unit behind its name. */
function fieldInUnit(key, factors, units) {
  const [name, unit] = nameAndUnit(key, units);
  for (const fields of factors.map((factor) => fieldsOf(factor).filter(isNumeric))) {
    const names = fields.flatMap((field) => bareNames(field, units)).filter((bare) => !tellsUnit(bare, units));
    const field = named(name, names) && fields.find((f) => f.unit === unit);
    if (field) return field;
  }
  return null;
}

/** The field of that name or synonym, or of a name with its unit; a factor's own name tells its level directly. */
export function findField(key, factors, configuration) {
  for (const field of factors.flatMap(fieldsOf)) {
    if (named(key, [field.id, ...(field.synonyms || [])])) return field;
  }
  const factor = factors.find((f) => named(key, [f.id, ...Object.values(f.label)]));
  return factor ? ownField(factor) : fieldInUnit(key, factors, unitsOf(configuration));
}

/** What a factor's own name tells: a level, or a number with its unit where it is measured. */
function ownField(factor) {
  const measure = fieldsOf(factor).find(isNumeric);
  if (!measure) return { id: factor.id, factor: factor.id, unit: "level", multiply_by: 1 };
  return { ...measure, id: factor.id, assumption: undefined, measure };
}

/** The field of a name without its unit, by the unit of its value: of 病程 with `10天` the one in days. */
function fieldByValue(key, value, factors, configuration) {
  const units = unitsOf(configuration);
  const told = typeof value === "string" ? quantity(value, units).map((p) => p.unit) : [];
  for (const fields of factors.map((factor) => fieldsOf(factor).filter(isNumeric))) {
    const names = fields.flatMap((field) => bareNames(field, units)).filter((bare) => !tellsUnit(bare, units));
    if (!named(key, names)) continue;
    const known = told.length && told.every((unit) => unit in DAYS || fields.some((f) => f.unit === unit));
    return known ? fields.find((f) => f.unit === told[0]) || fields[0] : null;
  }
  return null;
}

const compounds = new Map();

/** The levels by factor of a word that tells several at once. */
function compoundOf(word, configuration) {
  if (!compounds.has(configuration)) {
    const all = (configuration.compounds || []).flatMap(({ words, levels }) => words.map((w) => [normalised(w), levels]));
    compounds.set(configuration, new Map(all));
  }
  return compounds.get(configuration).get(normalised(word)) || {};
}

function findLevel(factor, word, configuration) {
  const fits = (id) =>
    named(word, [id, ...Object.values(factor.levels[id].label), ...(factor.levels[id].synonyms || [])]);
  return factor.levelIds.find(fits) ?? compoundOf(word, configuration)[factor.id] ?? null;
}

const fault = (code, field, values = {}) => ({ fault: { code, field, ...values } });

function asNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value.trim()) ? Number(value) : NaN;
}

/** How to write a number with a comma in it: before three digits it may part thousands, else it stands for the point. */
function commaCure(text) {
  const [, whole, part] = /^(\d+),(\d+)$/.exec(plain(text).trim()) ?? [];
  if (!part) return null;
  const number = String(Number(`${whole}.${part}`));
  const thousands = part.length === 3 && !whole.startsWith("0");
  return thousands ? { code: "thousands_or_decimals", first: whole + part, second: number } : { code: "write_number", number };
}

function readNumber(field, factor, key, value, configuration) {
  const target = field.measure || field;
  const range = { found: String(value), low: field.minimum, high: field.maximum, unit: field.unit };
  let number = field.measure ? NaN : asNumber(value);
  if (Number.isNaN(number) && typeof value === "string") {
    const level = findLevel(factor, value, configuration);
    if (level) return { field: { ...field, categories: undefined }, value: level, level, measure: null, word: value };
    const parts = quantity(value, unitsOf(configuration));
    number = field.measure && parts.some((p) => p.unit === null) ? NaN : inUnitOf(target, factor, parts);
  }
  if (!Number.isFinite(number)) {
    return field.measure
      ? fault("not_a_word", key, { found: String(value), expected: factor.levelIds })
      : fault("not_a_number", key, { ...range, cure: commaCure(range.found) });
  }
  if (number < field.minimum || number > field.maximum) return fault("out_of_range", key, range);
  if (field.integer && !Number.isInteger(number)) return fault("not_whole", key, range);
  const measure = number * field.multiply_by;
  return { field: target, value: number, level: levelAt(factor, measure), measure };
}

function readWord(field, factor, key, value, configuration) {
  const word = String(value).trim();
  if (field.categories && Object.keys(field.categories).length) {
    const told = normalised(word);
    const own = normalised(field.id);
    const bare = (told.startsWith(own) ? told.slice(own.length) : told).replace(/级别?$/, "");
    const words = (c) => [c, ...((field.category_synonyms || {})[c] || [])];
    const category = Object.keys(field.categories).find((c) => named(bare, words(c)));
    if (!category) return fault("not_a_word", key, { found: word, expected: Object.keys(field.categories) });
    return { field, value: category, level: field.categories[category], measure: null };
  }
  const level = findLevel(factor, word, configuration);
  if (!level) return fault("not_a_word", key, { found: word, expected: factor.levelIds });
  return { field, value: level, level, measure: null, word };
}

/** What a compound word that was read tells of other factors, each by the field that takes its name. */
function besides(read, factors, configuration) {
  const levels = read.word === undefined ? {} : compoundOf(read.word, configuration);
  return factors
    .filter((factor) => factor.id in levels && factor.id !== read.field.factor)
    .map((factor) => ({ field: namedField(factor), value: levels[factor.id], level: levels[factor.id], measure: null }));
}

const namedField = (factor) =>
  fieldsOf(factor).find((f) => f.unit === "level" && !f.categories) || ownField(factor);

function readAll(values, factors, configuration) {
  const readings = Object.fromEntries(factors.map((factor) => [factor.id, []]));
  const keys = Object.fromEntries(factors.map((factor) => [factor.id, []]));
  const [faults, told] = [[], {}];
  for (const [key, value] of Object.entries(values)) {
    const field = findField(key, factors, configuration) || fieldByValue(key, value, factors, configuration);
    if (field) keys[field.factor].push([key, field.id]);
    if (!field) faults.push({ code: "unknown_name", field: key });
    else if (told[field.id]) faults.push({ code: "told_twice", field: key, found: [values[told[field.id]], value] });
    else {
      told[field.id] = key;
      if (isUnknown(value)) continue;
      const factor = factors.find((f) => f.id === field.factor);
      const read = (isNumeric(field) ? readNumber : readWord)(field, factor, key, value, configuration);
      if (read.fault) faults.push(read.fault);
      else for (const r of [read, ...besides(read, factors, configuration)]) readings[r.field.factor].push(r);
    }
  }
  return { readings, faults, keys };
}

function twoMeasures(first, second) {
  const tolerance = Math.max(first.field.multiply_by, second.field.multiply_by);
  if (Math.abs(first.measure - second.measure) <= tolerance) return [];
  return [{ code: "two_values", field: first.field.id, other: second.field.id }];
}

/** Levels told by name beside a reading that gives another level, each pair of them once. */
function otherLevels(words, found) {
  const pairs = new Map();
  for (const word of words) {
    const other = found.find((r) => r.level !== word.level);
    const pair = other && [found.indexOf(word), found.indexOf(other)].sort().join();
    if (other && !pairs.has(pair)) pairs.set(pair, { code: "two_values", field: word.field.id, other: other.field.id });
  }
  return [...pairs.values()];
}

/** Two fields of one factor, of the same kind, that tell different things. */
function disagreements(readings) {
  return Object.values(readings).flatMap((found) => {
    const [first, ...rest] = found.filter((r) => r.measure !== null);
    const words = found.filter((r) => r.measure === null && !Object.keys(r.field.categories || {}).length);
    return [...rest.flatMap((other) => twoMeasures(first, other)), ...otherLevels(words, found)];
  });
}

const firstTime = (found) => (found || []).find((r) => r.measure !== null && r.field.unit in DAYS);
const inDays = (reading) => reading.value * DAYS[reading.field.unit];

/** Times that are longer than they can be: since an event, than the patient's life. */
function impossibleTimes(readings, configuration) {
  return (configuration.cannot_exceed || []).flatMap((limit) => {
    const [than, time] = [firstTime(readings[limit.than]), firstTime(readings[limit.factor])];
    if (!than || !time || inDays(time) <= inDays(than) + limit.plus_years * YEAR_IN_DAYS) return [];
    return [{ code: "too_long_a_time", field: time.field.id, other: than.field.id, sentence: limit.sentence }];
  });
}

const message = (code, severity, values = {}) => ({ code, severity, values });

function otherUnit(factor, reading) {
  return fieldsOf(factor).flatMap((other) => {
    const fits = isNumeric(other) && reading.value >= other.minimum && reading.value <= other.maximum;
    const measure = reading.value * other.multiply_by;
    const studied = measure >= factor.studied.minimum && measure <= factor.studied.maximum;
    if (other.id === reading.field.id || !fits || !studied) return [];
    const values = { value: reading.value, unit: other.unit, field: other.id, factor: factor.id, level: reading.level };
    return [message("perhaps_other_unit", "warning", values)];
  });
}

function outsideStudied(factor, reading) {
  if (!reading || !factor.studied || reading.measure === null) return [];
  const { minimum: low, maximum: high } = factor.studied;
  if (reading.measure >= low && reading.measure <= high) return [];
  const values = { low, high, value: reading.value, unit: reading.field.unit, field: reading.field.id, factor: factor.id, level: reading.level };
  return [message("outside_studied", "abstain", values), ...otherUnit(factor, reading)];
}

function aboutReading(factor, found) {
  const mapped = found.filter((r) => r.field.assumption);
  const messages = mapped.map((r) =>
    message("assumed_mapping", "info", { field: r.field.id, factor: factor.id, level: r.level }),
  );
  if (new Set(found.map((r) => r.level)).size > 1) {
    const fields = { used: found[0].field.id, other: found[found.length - 1].field.id };
    messages.push(message("two_scales_differ", "warning", { ...fields, factor: factor.id, level: found[0].level }));
  }
  return [...messages, ...outsideStudied(factor, found[0]), ...nearCut(factor, found[0])];
}

/** A number that lies near to a cut-off, with the level across it. */
function nearCut(factor, reading) {
  if (!reading || !factor.near_cut || reading.measure === null) return [];
  const found = cutsOf(factor)
    .map(({ at, below, above }) => ({ gap: Math.abs(reading.measure - at), below, above }))
    .filter(({ gap, below, above }) => gap <= factor.near_cut.distance && below && above);
  const nearest = found.sort((a, b) => a.gap - b.gap)[0];
  if (!nearest) return [];
  const other = nearest.below === reading.level ? nearest.above : nearest.below;
  const values = { value: reading.value, other, unit: reading.field.unit, field: reading.field.id };
  return [message("near_cut", "warning", { ...values, factor: factor.id, level: reading.level })];
}

/** Where the levels of a factor meet: at which number, and the levels below and above. */
function cutsOf(factor) {
  const bands = Object.entries(factor.levels).flatMap(([id, { bands: own = [] }]) => own.map((band) => [id, band]));
  const from = (band) => band.from ?? band.above ?? -Infinity;
  const ordered = bands.sort((a, b) => from(a[1]) - from(b[1]));
  return ordered.slice(1).map(([above, band], i) => ({ at: from(band), below: ordered[i][0], above }));
}

/** Levels (or categories of a field) that cannot hold together. */
export function contradictions(configuration, levels, stated) {
  const holds = ({ when }) =>
    Object.entries(when).every(([name, allowed]) => allowed.includes(stated[name] ?? levels[name]));
  return (configuration.contradictions || [])
    .filter(holds)
    .map((contradiction) => message("contradictory", "abstain", { reason: contradiction.message }));
}

function assumeQuestions(factors, levels) {
  const open = factors.filter((factor) => factor.role === "question" && levels[factor.id] === null);
  const assumed = (factor) => factor.untold ?? factor.reference;
  open.forEach((factor) => (levels[factor.id] = assumed(factor)));
  return open.map((factor) => message("assumed_level", "info", { factor: factor.id, level: assumed(factor) }));
}

/** How the model reads a profile: {levels, stated, unknown, messages, faults}; keys: of each factor the names by which
 * it was told, each with its field. */
export function understand(values, configuration) {
  const factors = factorsOf({ configuration });
  const { readings, faults, keys } = readAll(values, factors, configuration);
  faults.push(...disagreements(readings), ...impossibleTimes(readings, configuration));
  const [levels, stated, messages] = [{}, {}, []];
  for (const factor of factors) {
    const found = [...readings[factor.id]].sort((a, b) => (a.measure === null) - (b.measure === null));
    found.forEach((r) => (stated[r.field.id] = r.value));
    levels[factor.id] = found.length ? found[0].level : null;
    messages.push(...aboutReading(factor, found));
  }
  messages.push(...assumeQuestions(factors, levels), ...contradictions(configuration, levels, stated));
  const unknown = factors.map((f) => f.id).filter((id) => levels[id] === null);
  return { condition: configuration.condition, levels, stated, unknown, messages, faults, keys };
}
