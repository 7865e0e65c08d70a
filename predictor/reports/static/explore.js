// The answer first, then its chapters.
import { html } from "./vendor/htm-preact.js";
import { Course, Safety, Similar, Sources, Version } from "./background.js";
import { Chapter, Chapters } from "./chapter.js";
import { Handout } from "./handout.js";
import { Headline } from "./headline.js";
import { Contributions } from "./reasons.js";
import { Disagreements, Rests, Stances, WithoutStudies } from "./trust.js";
import { HeatMap, Nearest, Sweep, Unknowns } from "./whatif.js";

const CHAPTERS = {
  why: [Contributions],
  what_if: [Sweep, HeatMap, Nearest, Unknowns],
  trust: [Rests, Stances, Disagreements, WithoutStudies],
  growth: [Course, Safety],
  sources: [Similar, Sources, Version],
};

export function Explore({ v }) {
  const { condition, language } = v.state;
  const chapters = v.refused ? [] : Object.entries(CHAPTERS);
  return html`<${Headline} v=${v} />${v.refused ? null : html`<${Chapters} v=${v} ids=${Object.keys(CHAPTERS)} />`}
    ${chapters.map(
      ([id, sections], order) => html`<${Chapter} key=${`${id} ${condition} ${language}`} v=${v} id=${id} order=${order}
      sections=${sections} />`,
    )}<${Handout} v=${v} />`;
}
