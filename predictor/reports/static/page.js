// The page: reads the address, computes the answer, shows the views, and keeps the address up to date.
import { html, render, useEffect, useMemo, useState } from "./vendor/htm-preact.js";
import { Compare } from "./compare.js";
import { Explore } from "./explore.js";
import { Faults } from "./fault.js";
import { hatchings } from "./charts.js";
import { address, initialState, isStep, readAddress, VIEWS } from "./state.js";
import { Sheet } from "./sheet.js";
import { Teach } from "./teach.js";
import { catalogue } from "./text.js";
import { viewOf } from "./view.js";
import { oneLine } from "./words.js";

const SETTLE = 200;

/** The state, kept in the address: a step is an entry of the history, a move of a slider is none. */
function useAddress(data, start) {
  const first = useMemo(() => initialState(data, start), []);
  const [read, setRead] = useState(() => readAddress(location.hash, first, data));
  const set = (changes) =>
    setRead((old) => {
      const state = { ...old.state, ...("profile" in changes ? { units: {} } : {}), ...changes };
      if (isStep(old.state, state)) step(old, state);
      return { state, faults: [] };
    });
  useEffect(() => follow(read, () => setRead(readAddress(location.hash, first, data))), [read]);
  return [read, set];
}

/** Leaves the state before a step in the history, as it stood, and goes on from there. */
function step({ state: before, faults }, state) {
  if (!faults.length) history.replaceState(null, "", address(before));
  history.pushState(null, "", address(state));
}

/** Writes the address once the state has rested, and reads it when it was changed from outside. */
function follow({ state, faults }, again) {
  const changed = () => location.hash !== address(state) && again();
  const write = () => location.hash !== address(state) && history.replaceState(null, "", address(state));
  const timer = faults.length ? 0 : setTimeout(write, SETTLE);
  ["popstate", "hashchange"].forEach((name) => addEventListener(name, changed));
  return () => {
    clearTimeout(timer);
    ["popstate", "hashchange"].forEach((name) => removeEventListener(name, changed));
  };
}

function App({ data, start }) {
  const texts = useMemo(() => ({ en: catalogue(data, "en"), zh: catalogue(data, "zh") }), []);
  const [{ state, faults }, set] = useAddress(data, start);
  const v = useMemo(() => viewOf(data, texts, state, set, faults), [state, faults]);
  const { text } = v;
  useEffect(() => {
    document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
    document.title = `${text(`page.view.${state.view}`)} · ${text("page.title")}`;
  }, [state.language, state.view]);
  return html`<a class="skip" href="#main" onClick=${skip}>${text("page.skip")}</a>
    <svg class="defs" aria-hidden="true" width="0" height="0">${hatchings()}</svg>
    <${Bar} v=${v} />
    ${state.view === "teach" ? html`<main id="main" tabindex="-1" class="single"><${Faults} faults=${faults} v=${v} />
      <${Teach} v=${v} /></main>` : html`<${Workbench} v=${v} />`}
    <footer><p>${text("intended_use")}</p><p class="small">${v.keep.notes.at(-1)}</p></footer>`;
}

/** Moves to the content without touching the address, which holds the state. */
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Bar({ v }) {
  const { text, state, set, data } = v;
  const other = state.language === "en" ? ["zh", "中文", "zh-CN"] : ["en", "English", "en"];
  return html`<header><h1>${text("page.title")}</h1>
    <details class="intended"><summary><span>${text("page.intended_short")}</span> <span class="link">${text("page.more")}</span>
      </summary><p><strong>${text("explain.intended_use")}</strong> ${text("intended_use")}</p></details>
    <nav aria-label=${text("page.views")}>${VIEWS.map(
      (view) => html`<button type="button" aria-current=${state.view === view ? "page" : null}
      onClick=${() => set({ view })}>${text(`page.view.${view}`)}</button>`,
    )}</nav>
    <label class="hidden" for="condition">${text("page.condition")}</label>
    <select id="condition" value=${state.condition} onChange=${(event) => set(switched(data, event.target.value))}>
      ${Object.values(data.scorecards).map((card) => html`<option value=${card.condition}
        selected=${card.condition === state.condition}>${text.capital(text.pick(card.configuration.label))}</option>`)}</select>
    <button type="button" class="language" lang=${other[2]} onClick=${() => set({ language: other[0] })}>${other[1]}</button>
  </header>`;
}

const switched = (data, condition) => ({ condition, profile: data.examples[condition] || {}, sweep: null, heat: null });

/** A value once it has stood still for a moment. */
function useSettled(value, delay) {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), delay);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Workbench({ v }) {
  const rested = useSettled(v, SETTLE);
  const spoken = rested.state.language === v.state.language ? rested : v;
  return html`<div class="workbench">
    <p class="one-line hidden" role="status" aria-live="polite">${oneLine(spoken.answer, v.text)}</p>
    <${Sheet} v=${v} />
    <main id="main" tabindex="-1"><${Faults} faults=${v.faults} v=${v} />
      ${v.state.view === "compare" ? html`<${Compare} v=${v} />` : html`<${Explore} v=${v} />`}
    </main></div>`;
}

async function loadData() {
  const block = document.getElementById("data");
  if (block) return JSON.parse(block.textContent);
  const response = await fetch("/static/data.json");
  if (!response.ok) throw new Error(`data.json: ${response.status}`);
  return response.json();
}

async function open() {
  const start = JSON.parse(document.getElementById("start").textContent);
  const root = document.getElementById("app");
  const data = await loadData();
  root.replaceChildren();
  render(html`<${App} data=${data} start=${start} />`, root);
  performance.mark("ready");
}

open().catch((error) => {
  const note = document.createElement("p");
  note.setAttribute("role", "alert");
  note.textContent = String(error);
  document.getElementById("app").append(note);
});
