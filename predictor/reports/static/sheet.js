// Where the patient stands: beside the answer, or on a narrow screen in a sheet at its foot.
import { html, useEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { Drawing, useWidth } from "./figure.js";
import { Patient } from "./patient.js";
import { smallPicture } from "./picture.js";
import { addedTitle, addedWords } from "./words.js";

/** Whether the page is too narrow for the patient to stand beside the answer. */
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

export function Sheet({ v }) {
  const { text } = v;
  const narrow = useNarrow();
  const [open, setOpen] = useState(false);
  const button = useRef(null);
  const escape = (event) => {
    if (event.key !== "Escape" || !narrow || !open) return;
    setOpen(false);
    button.current.focus();
  };
  if (!narrow) return html`<aside aria-label=${text("page.controls")}><h2>${text("page.controls")}</h2><${Patient} v=${v} /></aside>`;
  return html`<aside class=${open ? "sheet open" : "sheet"} aria-label=${text("page.controls")} onKeyDown=${escape}>
    <button type="button" class="handle" ref=${button} aria-expanded=${open ? "true" : "false"} aria-controls="sheet"
      onClick=${() => setOpen(!open)}>${open ? text("page.close_sheet") : html`<strong>${text("page.change_patient")}</strong>
      <span>${toldWords(v)}</span>`}</button>
    <div id="sheet" hidden=${!open}>${open ? html`<${Small} v=${v} /><${Patient} v=${v} />` : null}</div></aside>`;
}

/** What was told of the patient, in brief. */
function toldWords({ understood, text, explainer }) {
  const told = Object.entries(understood.stated).filter(([, value]) => typeof value === "number");
  return text.list(told.map(([id, value]) => text.measure(value, explainer.shelf.field.get(id))));
}

/** The answer small, in sight while the patient is changed. */
function Small({ v }) {
  const { text, answer } = v;
  const [element, width] = useWidth(340);
  const words = text.told(addedTitle(answer.stance, text), addedWords(answer.added_response, text));
  return html`<div class="small-picture" ref=${element}><p>${words}</p>
    ${answer.abstained ? null : html`<${Drawing} chart=${smallPicture(answer, { text, width })} name=${words} />`}</div>`;
}
