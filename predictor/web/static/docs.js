// Sends the forms of the page of the API and shows what comes back. Nothing is sent before a person asks.

const LONGEST = 200_000;
const words = document.body.dataset;

function address(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    else if (field.dataset.in === "query" && field.value !== "") query.append(field.name, field.value);
  }
  return query.size ? `${path}?${query}` : path;
}

function request(form) {
  const headers = {};
  const accept = form.querySelector("[data-in=header]");
  if (accept) headers.Accept = accept.value;
  if (form.dataset.kind) headers["Content-Type"] = form.dataset.kind;
  return { method: form.dataset.method, headers, body: form.elements.body?.value };
}

async function shown(response) {
  const kind = response.headers.get("content-type") ?? "";
  const bytes = await response.arrayBuffer();
  const status = `${response.status} · ${kind} · ${bytes.byteLength} ${words.bytes}`;
  if (!/json|text/.test(kind)) return { status, text: "" };
  const text = new TextDecoder().decode(bytes);
  const pretty = kind.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text;
  return { status, text: pretty.length > LONGEST ? `${pretty.slice(0, LONGEST)}…` : pretty };
}

async function send(form) {
  const [line, reply] = [form.parentElement.querySelector("[role=status]"), form.parentElement.querySelector("pre")];
  line.textContent = words.waiting;
  try {
    const { status, text } = await shown(await fetch(address(form), request(form)));
    line.textContent = status;
    reply.textContent = text;
    reply.hidden = text === "";
  } catch {
    line.textContent = words.unreachable;
    reply.hidden = true;
  }
}

for (const form of document.querySelectorAll("details.try form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}
