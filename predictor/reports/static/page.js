// The page: reads the address, computes the answer, shows the views, and keeps the address up to date.
import { Component, html, render, useEffect, useMemo, useState } from "./vendor/htm-preact.js";
import { Explainer } from "./answer.js";
import { understand } from "./profile.js";
import { catalogue } from "./text.js";
import { address, initialState, readAddress, VIEWS } from "./state.js";
import { hatchings } from "./charts.js";
import { Controls } from "./controls.js";
import { carried, Category, Certainty, Chances, oneLine, Profile } from "./verdict.js";
import { Contributions, Disagreements } from "./reasons.js";
import { Changes, Course, HeatMap, Stances, Sweep } from "./explore.js";
import { Safety, Similar, Sources, Version } from "./background.js";
import { Compare, scenarioOf } from "./compare.js";
import { Teach } from "./teach.js";
import { Share } from "./share.js";

const SETTLE = 90;
const made = new Map();

/** Computes once what a scorecard under a stance needs. */
function explainerOf(data, condition, stance, text) {
  const key = `${condition} ${stance} ${text.language}`;
  if (!made.has(key)) made.set(key, new Explainer(data.scorecards[condition], stance, text));
  return made.get(key);
}

/** A scenario with its answer: what every part of the page reads from. */
function scenario(data, text, condition, stance, profile) {
  const scorecard = data.scorecards[condition];
  const understood = understand(profile, scorecard.configuration);
  const explainer = explainerOf(data, condition, stance, text);
  const answer = explainer.answer(understood);
  const names = namesOf(explainer, text);
  return {
    data,
    text,
    scorecard,
    understood,
    explainer,
    answer,
    names,
    scenario: { condition, stance, profile },
    keep: carried(answer, text, data.version),
  };
}

function namesOf(explainer, text) {
  const factor = (id) => text.pick(explainer.shelf.factor.get(id).label);
  const level = (id, name) =>
    name === null ? text("unknown") : text.pick(explainer.shelf.factor.get(id).levels[name].label);
  return { factor, level, both: (id, name) => text.told(factor(id), level(id, name)) };
}

function viewOf(data, texts, state, set) {
  const text = texts[state.language];
  const one = scenario(data, text, state.condition, state.stance, state.profile);
  const others = new Map([[state.stance, one.answer]]);
  const under = (stance) => {
    if (!others.has(stance))
      others.set(stance, explainerOf(data, state.condition, stance, text).answer(one.understood));
    return others.get(stance);
  };
  const at = (condition, stance, profile) => scenario(data, text, condition, stance, profile);
  return { ...one, state, set, under, scenario: at, setAside: () => set({ saved: scenarioOf(state) }) };
}

/** Draws its part again only when what it shows has changed. */
class Kept extends Component {
  shouldComponentUpdate(next) {
    return next.v !== this.props.v;
  }

  render({ v, of }) {
    return html`<${of} v=${v} />`;
  }
}

/** A value once it has stood still for a moment: what lies further down follows the slider when it rests. */
function useSettled(value, delay) {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), delay);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function useAddress(data, start) {
  const first = useMemo(() => initialState(data, start), []);
  const [read, setRead] = useState(() => readAddress(location.hash, first, data));
  const set = (changes) => setRead((old) => ({ state: { ...old.state, ...changes }, faults: [] }));
  useEffect(() => {
    const again = () => location.hash !== address(read.state) && setRead(readAddress(location.hash, first, data));
    addEventListener("hashchange", again);
    const timer = setTimeout(() => history.replaceState(null, "", address(read.state)), read.faults.length ? 1e8 : 200);
    return () => {
      removeEventListener("hashchange", again);
      clearTimeout(timer);
    };
  }, [read]);
  return [read, set];
}

function App({ data, start }) {
  const texts = useMemo(() => ({ en: catalogue(data, "en"), zh: catalogue(data, "zh") }), []);
  const [{ state, faults }, set] = useAddress(data, start);
  const v = useMemo(() => viewOf(data, texts, state, set), [state]);
  const settled = useSettled(v, SETTLE);
  const { text } = v;
  useEffect(() => {
    document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
    document.title = `${text(`page.view.${state.view}`)} · ${text("page.title")}`;
  }, [state.language, state.view]);
  const later =
    settled.state.view === state.view &&
    settled.state.language === state.language &&
    settled.state.condition === state.condition
      ? settled
      : v;
  const all = [...faults, ...v.understood.faults];
  return html`<a class="skip" href="#main" onClick=${skip}>${text("page.skip")}</a>
    <svg class="defs" aria-hidden="true" width="0" height="0">${hatchings()}</svg>
    <header><${Bar} v=${v} />
      <p class="intended"><strong>${text("explain.intended_use")}</strong> ${text("intended_use")}</p></header>
    <${Faults} faults=${all} v=${v} />
    ${state.view === "teach" ? html`<main id="main" tabindex="-1" class="single"><${Teach} v=${v} />
      </main>` : html`<${Workbench} v=${v} later=${later} />`}
    <${Footer} v=${v} />`;
}

/** Moves to the content without touching the address, which holds the state. */
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Bar({ v }) {
  const { text, state, set, data } = v;
  const other = state.language === "en" ? ["zh", "中文", "zh-CN"] : ["en", "English", "en"];
  return html`<div class="bar-top"><h1>${text("page.title")}</h1>
    <nav aria-label=${text("page.views")}>${VIEWS.map(
      (view) => html`<button type="button" aria-current=${state.view === view ? "page" : null}
      onClick=${() => set({ view })}>${text(`page.view.${view}`)}</button>`,
    )}</nav>
    <div class="switches">
      <label class="hidden" for="condition">${text("page.condition")}</label>
      <select id="condition" value=${state.condition} onChange=${(event) => set(switched(data, event.target.value))}>
        ${Object.values(data.scorecards).map((card) => html`<option value=${card.condition}
          selected=${card.condition === state.condition}>${text.pick(card.configuration.label)}</option>`)}</select>
      <button type="button" lang=${other[2]} onClick=${() => set({ language: other[0] })}>${other[1]}</button>
    </div></div>`;
}

const switched = (data, condition) => ({ condition, profile: data.examples[condition] || {}, sweep: null, heat: null });

function Faults({ faults, v }) {
  const { text } = v;
  if (!faults.length) return null;
  const words = (value) => (Array.isArray(value) ? text.list(value) : value);
  const worded = (fault) => Object.fromEntries(Object.entries(fault).map(([key, value]) => [key, words(value)]));
  const values = (fault) => ({ ...worded(fault), unit: text.unit(null, fault.unit) });
  const said = (fault) =>
    fault.sentence
      ? text.fill(text.pick(fault.sentence), { factor: fault.field, than: fault.other })
      : text(`page.fault.${fault.code}`, values(fault));
  return html`<div class="faults" role="alert"><h2>${text("page.faults")}</h2><ul>
    ${faults.map((fault) => html`<li>${said(fault)}</li>`)}</ul>
    <p>${text("page.faults_cure")}</p></div>`;
}

/** Whether the page is too narrow for the controls to stand beside the answer. */
function useNarrow() {
  const query = useMemo(() => matchMedia("(max-width: 60rem)"), []);
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const follow = () => setNarrow(query.matches);
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);
  return narrow;
}

function Patient({ v }) {
  const { text, state } = v;
  const setAside = html`<p><button type="button" onClick=${v.setAside}>
    ${text(state.saved ? "page.set_aside_again" : "page.set_aside")}</button></p>`;
  const inside = html`<${Controls} v=${v} />${setAside}`;
  return html`<aside aria-label=${text("page.controls")}><h2>${text("page.controls")}</h2>
    ${useNarrow() ? html`<details class="fold"><summary>${text("page.change_patient")}</summary>${inside}
      </details>` : inside}</aside>`;
}

function Workbench({ v, later }) {
  const { text, state, data } = v;
  const { saved } = state;
  const aside = saved && scenario(data, text, saved.condition, saved.stance, saved.profile);
  return html`<div class="workbench">
    <p class="one-line" role="status" aria-live="polite">${oneLine(later.answer, text)}</p>
    <${Patient} v=${v} />
    <main id="main" tabindex="-1">
      ${state.view === "compare" ? html`<${Compare} v=${v} aside=${aside} />` : html`<${Explore} v=${v}
        later=${later} />`}
    </main></div>`;
}

function Explore({ v, later }) {
  const now = [Profile, Chances, Category, Certainty, Contributions];
  const resting = [Disagreements, Stances, Sweep, HeatMap, Course, Changes, Safety, Similar, Sources, Version];
  return html`<${Share} v=${later} />${now.map((of) => html`<${of} v=${v} />`)}
    ${resting.map((of) => html`<${Kept} key=${of.name} v=${later} of=${of} />`)}`;
}

function Footer({ v }) {
  return html`<footer><p>${v.text("intended_use")}</p><p class="small">${v.keep.notes.at(-1)}</p></footer>`;
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
