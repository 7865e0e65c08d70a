// A chapter: drawn when the page has rested, out of sight later, so that a moving slider waits for none.
import { Component, html } from "./vendor/htm-preact.js";

const SETTLE = 90;
const UNSEEN = 700;
const APART = 60;

/** Draws its sections for the view that it was last given; in sight soon after a change, out of sight when all rests. */
export class Chapter extends Component {
  constructor(props) {
    super(props);
    this.state = { shown: null, printing: false };
    this.seen = false;
  }

  componentDidMount() {
    this.observer = new IntersectionObserver(([entry]) => this.look(entry.isIntersecting), { rootMargin: "100px" });
    this.observer.observe(this.base);
    this.wait(APART * (1 + this.props.order));
  }

  componentDidUpdate(before) {
    if (before.v !== this.props.v) this.wait();
  }

  componentWillUnmount() {
    this.observer.disconnect();
    clearTimeout(this.timer);
  }

  look(seen) {
    this.seen = seen;
    if (seen && this.state.shown !== this.props.v) this.wait(0);
  }

  wait(delay = this.seen ? SETTLE : UNSEEN + APART * this.props.order) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setState({ shown: this.props.v }), delay);
  }

  shouldComponentUpdate(next, state) {
    return state.shown !== this.state.shown || next.v !== this.props.v;
  }

  render({ v, id, sections }, { shown }) {
    if (shown !== this.drawn) {
      this.drawn = shown;
      this.inside = shown && html`<div class="sections">${sections.map((of) => html`<${of} key=${of.name} v=${shown} />`)}</div>`;
    }
    const title = v.text(`page.chapter.${id}`);
    return html`<section class="chapter" id=${`chapter-${id}`} aria-labelledby=${`chapter-${id}-title`}>
      <h2 id=${`chapter-${id}-title`} tabindex="-1">${title}</h2>${this.inside ?? html`<div class="waiting"></div>`}</section>`;
  }
}

/** The list of chapters, which stays in sight. */
export function Chapters({ v, ids }) {
  const go = (id) => {
    const title = document.getElementById(`chapter-${id}-title`);
    title.scrollIntoView({ block: "start" });
    title.focus({ preventScroll: true });
  };
  return html`<nav class="chapters" aria-label=${v.text("page.chapters")}>${ids.map(
    (id) => html`<button type="button" class="quiet" onClick=${() => go(id)}>${v.text(`page.chapter.${id}`)}</button>`,
  )}</nav>`;
}
