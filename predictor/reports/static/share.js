// What a reader takes along: the link, the answer as text, as JSON and as a file, the sources as BibTeX.
import { html, useState } from "./vendor/htm-preact.js";
import { download } from "./figure.js";
import { carried, categoryWords, signedSpan, span } from "./verdict.js";
import { studiesBehind } from "./background.js";

/** The answer as text, with the intended use first and certainty and version in it. */
export function answerText(v) {
  const { answer, text, names } = v;
  const told = Object.entries(answer.profile.levels).filter(([, level]) => level !== null);
  const line = (name, words) => `${text(name)}${text("colon")}${words}`;
  return [
    text("intended_use"),
    "",
    text("explain.title", { condition: text.pick(v.scorecard.configuration.label) }),
    ...told.map(([factor, level]) => `- ${names.both(factor, level)}`),
    ...answer.profile.unknown.map((factor) => `- ${names.both(factor, null)}`),
    "",
    line("page.usual_care", `${span(answer.usual_care, text)} ${text("page.of_100")}`),
    line("page.with_cells", `${span(answer.with_cells, text)} ${text("page.of_100")}`),
    line("page.difference", `${signedSpan(answer.difference, text)} ${text("page.of_100")}`),
    line("explain.response", categoryWords(answer, text)),
    text(`benefit.${answer.added_benefit || "cannot_say"}`),
    "",
    ...answer.messages.map((note) => `* ${note.text}`),
    ...carried(answer, text, v.data.version).notes,
  ].join("\n");
}

/** The answer record as JSON, as `predictor explain --json` gives it. */
export function answerJson({ explainer, answer }) {
  return JSON.stringify(explainer.record(answer), (_, value) => (Object.is(value, -0) ? 0 : value), 2);
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
    note: escaped(`seen: ${study.verification}`),
  };
  const lines = Object.entries(fields)
    .filter(([, value]) => value)
    .map(([name, value]) => `  ${name} = {${value}},\n`);
  return `@${study.journal ? "article" : "misc"}{${id},\n${lines.join("")}}\n`;
}

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copyBySelection(words);
  }
}

/** For a page opened from disk, where the clipboard may be closed to scripts. */
function copyBySelection(words) {
  const box = document.createElement("textarea");
  box.value = words;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}

const KINDS = { link: () => location.href, text: answerText, json: answerJson, bibtex };

export function Share({ v }) {
  const { text, state } = v;
  const [said, say] = useState("");
  const take = async (kind) =>
    say(text((await copy(KINDS[kind](v))) ? "page.copied" : "page.not_copied", { what: text(`page.copy.${kind}`) }));
  const file = () =>
    download(new Blob([answerJson(v)], { type: "application/json" }), `answer-${state.condition}-${state.stance}.json`);
  return html`<div class="share" role="group" aria-label=${text("page.share")}>
    ${Object.keys(KINDS).map((kind) => html`<button type="button" onClick=${() => take(kind)}>
      ${text(`page.copy.${kind}`)}</button>`)}
    <button type="button" onClick=${file}>${text("page.download")}</button>
    <button type="button" onClick=${() => print()}>${text("page.print")}</button>
    <span class="small said">${said}</span></div>`;
}
