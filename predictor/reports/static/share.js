// What a reader takes along: the link, the answer as text, as JSON and as a file, the sources as BibTeX.
import { html, useState } from "./vendor/htm-preact.js";
import { copy } from "./copy.js";
import { download } from "./figure.js";
import { studiesBehind } from "./background.js";
import { silentWords } from "./cannot.js";
import { ADDED } from "./engine.js";
import { faultsHead } from "./fault.js";
import { address, scenarioOf } from "./state.js";
import {
  addedTitle, addedWords, carried, chanceWords, classLabel, differenceWords, patientWords, roundedOf, sentences, signWords, stanceWords,
} from "./words.js";

/** The answer as text, with the intended use first and certainty and version in it. */
export function answerText(v) {
  const { answer, text } = v;
  const line = (name, words) => text.told(text(name), words);
  const numbers = answer.abstained
    ? [silentWords(v)]
    : [
        line("page.usual_care", chanceWords(answer.usual_care, text)),
        line("page.with_cells", chanceWords(answer.with_cells, text)),
        line("page.difference", differenceWords(answer.difference, text)),
        ...[roundedOf(answer, text)].filter(Boolean),
        ...classLines(answer.added_response, v),
        signWords(answer, text),
      ];
  return [
    text("intended_use"),
    ...faultLines(v),
    "",
    text("explain.title", { condition: text.pick(v.scorecard.configuration.label) }),
    patientWords(v),
    stanceWords(answer.stance, text),
    "",
    text.join(sentences(answer, text)),
    text.told(addedTitle(answer.stance, text), addedWords(answer.added_response, text)),
    ...numbers,
    "",
    ...answer.messages.filter((note) => note.severity !== "abstain").map((note) => `* ${note.text}`),
    ...carried(answer, text, v.data.version).notes,
  ].join("\n");
}

/** What is wrong with the profile, before anything that is said of it. */
const faultLines = (v) => (v.wrong.length ? ["", faultsHead(v).join(""), ...v.wrong.map((words) => `* ${words}`)] : []);

function classLines({ probabilities }, { text, scorecard }) {
  const whole = text.wholes(ADDED.map((name) => probabilities[name]));
  return ADDED.map((name, i) => {
    const share = text("explain.percent", { value: whole[i] });
    return `- ${text.told(classLabel(name, scorecard.estimate, text), share)}`;
  });
}

/** The answer record as JSON, as `predictor explain --json` gives it, without numbers that are withheld; of a profile
 * without faults, as that refuses one with any. */
export function answerJson({ explainer, answer }) {
  return JSON.stringify({ ...explainer.record(answer), extrapolation: null }, (_, value) => (Object.is(value, -0) ? 0 : value), 2);
}

const escaped = (words) => String(words).replace(/[&%$#_{}]/g, (ch) => `\\${ch}`);

/** BibTeX entries of the studies behind the answer; only fields that are known. */
export function bibtex(v) {
  return studiesBehind(v)
    .map(({ study_id: id }) => entry(id, v.scorecard.evidence.studies[id]))
    .filter(Boolean)
    .join("\n");
}

function entry(id, study) {
  if (!study) return "";
  const author = study.short_citation.replace(/\s*(\(.*|et al\.?.*|\d{4}.*)$/, "").trim() || study.short_citation;
  const others = study.short_citation.includes("et al") ? " and others" : "";
  const fields = {
    author: `{${escaped(author)}}${others}`,
    title: `{${escaped(study.title || study.short_citation)}}`,
    journal: study.journal && escaped(study.journal),
    year: study.year,
    doi: study.doi,
    pmid: study.pmid,
    note: escaped(`seen: ${study.verification}; state: ${study.publication_state}`),
  };
  const lines = Object.entries(fields)
    .filter(([, value]) => value)
    .map(([name, value]) => `  ${name} = {${value}},\n`);
  return `@${study.journal ? "article" : "misc"}{${id},\n${lines.join("")}}\n`;
}

const KINDS = { link: ({ state }) => location.href.replace(/#.*$/, "") + address(state), text: answerText, json: answerJson, bibtex };

/** Prints the handout, or with all of it the whole page. */
function printed(all) {
  document.documentElement.classList.toggle("print-all", all);
  print();
}

export function Share({ v }) {
  const { text, state } = v;
  const [said, say] = useState("");
  const take = async (kind) =>
    say(text((await copy(KINDS[kind](v))) ? "page.copied" : "page.not_copied", { what: text(`page.copy.${kind}`) }));
  const file = () =>
    download(new Blob([answerJson(v)], { type: "application/json" }), `answer-${state.condition}-${state.stance}.json`);
  const compare = () => v.set({ view: "compare", saved: scenarioOf(state) });
  const refused = v.wrong.length > 0;
  const button = (words, act, off = false) =>
    html`<button type="button" class="quiet" disabled=${off} onClick=${act}>${words}</button>`;
  return html`${button(text("page.compare_this"), compare)}
    <details class="share"><summary>${text("page.share")}</summary><div class="menu" role="group" aria-label=${text("page.share")}>
    ${Object.keys(KINDS).map((kind) => button(text(`page.copy.${kind}`), () => take(kind), refused && kind === "json"))}
    ${button(text("page.download"), file, refused)}${refused ? html`<p class="small">${text("page.no_json")}</p>` : null}${button(text("page.print"), () => printed(false))}
    ${button(text("page.print_all"), () => printed(true))}</div></details>
    <span class="small said" role="status">${said}</span>`;
}
