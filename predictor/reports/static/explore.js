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
  return html`<${Headline} v=${v} /><${Chapters} v=${v} ids=${Object.keys(CHAPTERS)} />
    ${Object.entries(CHAPTERS).map(
      ([id, sections], order) => html`<${Chapter} key=${`${id} ${condition} ${language}`} v=${v} id=${id} order=${order}
      sections=${sections} />`,
    )}<${Handout} v=${v} />`;
}
