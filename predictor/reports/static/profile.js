// Reads a described, hypothetical patient as predictor/profile/reading.py does: a level for each factor, the
// messages, and all the faults at once.
import { factorsOf } from "./engine.js";

const UNKNOWN = new Set([
  ..."|unknown|missing|null|nan|na|n/a|#n/a|nd|nonegiven|?|.|—|/|未知|不详|不明|缺失|未测|无数据".split("|"),
]);
const YEAR_IN_DAYS = 365.25;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DAYS = { hours: 1 / 24, days: 1, months: YEAR_IN_DAYS / 12, years: YEAR_IN_DAYS };
const UNIT_WORDS = {
  hours: "h|hr|hrs|hour|hours|小时",
  days: "d|day|days|天|日",
  weeks: "w|wk|wks|week|weeks|周",
  months: "m|mo|mos|month|months|月|个月",
  years: "y|yr|yrs|year|years|岁|年",
  points: "point|points|分",
};
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
  return { byWord, atEnd };
}

/** A word for comparing: no case, spaces, hyphens, underscores or full-width brackets. */
export function normalised(word) {
  const plain = String(word).replace(/（/g, "(").replace(/）/g, ")").replace(/，/g, ",");
  return plain.toLowerCase().replace(/[ \-_\t]/g, "");
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

/** The fields by which a factor can be told, each with its id. */
export function fieldsOf(factor) {
  return Object.entries(factor.fields).map(([id, field]) => ({ multiply_by: 1, ...field, id, factor: factor.id }));
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
  return factor ? { id: factor.id, factor: factor.id, unit: "level", multiply_by: 1 } : fieldInUnit(key, factors, unitsOf(configuration));
}

function findLevel(factor, word) {
  const fits = (id) =>
    named(word, [id, ...Object.values(factor.levels[id].label), ...(factor.levels[id].synonyms || [])]);
  return factor.levelIds.find(fits) ?? null;
}

const fault = (code, field, values = {}) => ({ fault: { code, field, ...values } });

function asNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && NUMBER.test(value.trim()) ? Number(value) : NaN;
}

function readNumber(field, factor, key, value) {
  const range = { found: String(value), low: field.minimum, high: field.maximum, unit: field.unit };
  const number = asNumber(value);
  if (!Number.isFinite(number)) {
    const level = typeof value === "string" ? findLevel(factor, value) : null;
    return level ? { field, value: level, level, measure: null } : fault("not_a_number", key, range);
  }
  if (number < field.minimum || number > field.maximum) return fault("out_of_range", key, range);
  if (field.integer && !Number.isInteger(number)) return fault("not_whole", key, range);
  const measure = number * field.multiply_by;
  return { field, value: number, level: levelAt(factor, measure), measure };
}

function readWord(field, factor, key, value) {
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
  const level = findLevel(factor, word);
  if (!level) return fault("not_a_word", key, { found: word, expected: factor.levelIds });
  return { field, value: level, level, measure: null };
}

function readAll(values, factors, configuration) {
  const readings = Object.fromEntries(factors.map((factor) => [factor.id, []]));
  const [faults, told] = [[], {}];
  for (const [key, value] of Object.entries(values)) {
    const field = findField(key, factors, configuration);
    if (!field) faults.push({ code: "unknown_name", field: key });
    else if (told[field.id]) faults.push({ code: "told_twice", field: key, other: told[field.id] });
    else {
      told[field.id] = key;
      if (isUnknown(value)) continue;
      const factor = factors.find((f) => f.id === field.factor);
      const read = isNumeric(field) ? readNumber(field, factor, key, value) : readWord(field, factor, key, value);
      if (read.fault) faults.push(read.fault);
      else readings[factor.id].push(read);
    }
  }
  return { readings, faults };
}

function twoMeasures(first, second) {
  const tolerance = Math.max(first.field.multiply_by, second.field.multiply_by);
  if (Math.abs(first.measure - second.measure) <= tolerance) return [];
  return [{ code: "two_values", field: first.field.id, other: second.field.id }];
}

/** A level told by name beside a reading that gives another level. */
function otherLevel(word, found) {
  const other = found.find((r) => r.level !== word.level);
  return other ? [{ code: "two_values", field: word.field.id, other: other.field.id }] : [];
}

/** Two fields of one factor, of the same kind, that tell different things. */
function disagreements(readings) {
  return Object.values(readings).flatMap((found) => {
    const [first, ...rest] = found.filter((r) => r.measure !== null);
    const words = found.filter((r) => r.measure === null && !Object.keys(r.field.categories || {}).length);
    return [...rest.flatMap((other) => twoMeasures(first, other)), ...words.flatMap((word) => otherLevel(word, found))];
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

/** How the model reads a profile: {levels, stated, unknown, messages, faults}. */
export function understand(values, configuration) {
  const factors = factorsOf({ configuration });
  const { readings, faults } = readAll(values, factors, configuration);
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
  return { condition: configuration.condition, levels, stated, unknown, messages, faults };
}
