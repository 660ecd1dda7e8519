// The library: its articles, found by words, outlet and date; adding some; deleting one, with a way back.

import * as article from "./article.js";
import { get, post, remove, upload } from "./api.js";
import { announce, button, byId, day, el, plural, toast } from "./dom.js";

const PAGE = 50;
const UNDO_S = 8;
const leaving = new Map(); // id -> what deletes it now
let outlets = [];
let asked = 0; // so that a slow list does not replace a newer one
let shown = 0;

export function begin(known) {
  outlets = known;
  addEventListener("pagehide", () => { for (const now of leaving.values()) now(); });
}

/** Shows the list; with an id, that article beside it. */
export async function show(id) {
  const view = byId("view-library");
  if (!view.childElementCount) view.append(...parts());
  await list();
  if (id) await article.openDocument(id, byId("library-words"));
}

function parts() {
  const later = debounced(() => list(), 200);
  const files = el("input", { type: "file", id: "files", multiple: true, accept: ".txt,.md,.html,.htm,.jsonl,.gz", class: "unseen", onchange: (event) => { addAll([...event.target.files]); event.target.value = ""; } });
  const drop = el("div", { class: "drop" }, el("p", {}, "Drop files here: text, Markdown, HTML or JSONL"),
    el("div", { class: "ways" }, files, el("label", { for: "files", class: "as-button" }, "Choose files"),
      button("Paste an article", () => { paste.hidden = !paste.hidden; if (!paste.hidden) byId("paste-title").focus(); })));
  const view = byId("view-library");
  for (const type of ["dragover", "dragenter"]) view.addEventListener(type, (event) => { event.preventDefault(); drop.classList.add("over"); });
  view.addEventListener("dragleave", (event) => { if (!view.contains(event.relatedTarget)) drop.classList.remove("over"); });
  view.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); addAll([...event.dataTransfer.files]); });
  const paste = pasteForm();
  return [
    el("h1", { id: "library-heading" }, "Library"), drop, paste, el("ul", { id: "arrivals", "aria-label": "Files being added" }),
    el("form", { class: "search", role: "search", onsubmit: (event) => event.preventDefault() },
      el("div", {}, el("label", { for: "library-words" }, "Search"), el("input", { type: "search", id: "library-words", placeholder: "Title, outlet or byline", oninput: later })),
      el("div", {}, el("label", { for: "library-outlet" }, "Outlet"), el("select", { id: "library-outlet", onchange: () => list() }, el("option", { value: "" }, "Any outlet"), outlets.map((one) => el("option", { value: one.name }, one.name)))),
      el("div", {}, el("label", { for: "library-from" }, "From"), el("input", { type: "date", id: "library-from", onchange: () => list() })),
      el("div", {}, el("label", { for: "library-to" }, "To"), el("input", { type: "date", id: "library-to", onchange: () => list() }))),
    el("p", { id: "library-count", class: "meta", role: "status" }), el("ul", { id: "documents" }),
    button("Show more", () => list(shown), { id: "more", hidden: true }),
  ];
}

async function list(offset = 0) {
  asked += 1;
  const mine = asked;
  const wanted = new URLSearchParams({ limit: PAGE, offset });
  for (const [name, id] of [["query", "library-words"], ["outlet", "library-outlet"], ["from", "library-from"], ["to", "library-to"]]) {
    if (byId(id).value.trim()) wanted.set(name, byId(id).value.trim());
  }
  let found;
  try {
    found = await get(`/v1/documents?${wanted}`);
  } catch (error) {
    if (mine === asked) byId("library-count").textContent = error.message;
    return;
  }
  if (mine !== asked) return;
  shown = offset + found.documents.length;
  const rows = found.documents.filter((one) => !leaving.has(one.id)).map(row);
  if (offset) byId("documents").append(...rows);
  else byId("documents").replaceChildren(...rows);
  byId("library-count").textContent = found.total ? plural(found.total, "article") : "No article fits.";
  byId("more").hidden = shown >= found.total;
}

const row = (one) => {
  const title = one.title || one.id;
  return el("li", { class: "row" },
    el("div", {}, el("p", { class: "label", dir: "auto" }, one.outlet || "Outlet unknown"),
      button(title, (event) => article.openDocument(one.id, event.currentTarget), { class: "link title", dir: "auto" }),
      el("p", { class: "meta" }, [day(one.published_on) || "Date unknown", one.byline, one.agency && `Wire: ${one.agency}`].filter(Boolean).map((text) => el("span", { dir: "auto" }, text)))),
    button("Delete", (event) => leave(one, event.currentTarget.closest("li")), { class: "quiet", "aria-label": `Delete ${title}` }));
};

/** Nothing is deleted before the time for undoing has passed. */
function leave(one, node) {
  const next = node.nextElementSibling?.querySelector("button") || byId("library-words");
  const now = async () => {
    leaving.delete(one.id);
    gone();
    try {
      await remove(`/v1/documents/${encodeURIComponent(one.id)}`);
      article.forget();
      await recount();
    } catch (error) {
      toast(`${one.title || one.id} was not deleted. ${error.message}`);
    }
    await list();
  };
  leaving.set(one.id, now);
  node.hidden = true;
  next.focus();
  const gone = toast(`Deleted: ${one.title || one.id}`, {
    action: "Undo", seconds: UNDO_S, ongone: now,
    onaction: () => { leaving.delete(one.id); node.hidden = false; list(); node.querySelector("button").focus(); },
  });
  announce("Deleted. Undo is at the foot of the page.");
}

async function recount() {
  const { documents } = await get("/v1/documents?limit=1").then((found) => ({ documents: found.total }));
  byId("n-documents").textContent = documents.toLocaleString("en");
}

async function addAll(files) {
  for (const file of files) await addOne(file.name, (onprogress) => upload(file, onprogress));
  await list();
  await recount();
}

async function addOne(name, send) {
  const bar = el("progress", { max: "1", value: "0", "aria-label": `Sending ${name}` });
  const state = el("span", { class: "state" }, "Sending");
  const node = el("li", {}, el("b", { dir: "auto" }, name), bar, state);
  byId("arrivals").prepend(node);
  try {
    const report = await send((share) => { bar.value = share; if (share === 1) state.textContent = "Indexing"; });
    bar.remove();
    article.forget();
    const failed = report.failed.map((one) => one.reason).join(" ");
    state.textContent = [["added", "Added"], ["updated", "Updated"], ["unchanged", "Already here"]].filter(([key]) => report[key]).map(([key, word]) => (report[key] > 1 ? `${word}: ${report[key]}` : word)).join(", ") || "Nothing was added";
    if (failed) failure(node, failed);
    return true;
  } catch (error) {
    bar.remove();
    state.remove();
    failure(node, error.problem?.failed?.map((one) => one.reason).join(" ") || error.message);
    return false;
  } finally {
    announce(node.textContent);
  }
}

function failure(node, text) {
  node.classList.add("failed");
  node.append(el("span", { class: "state" }, `Not added: ${text}`));
}

function pasteForm() {
  const labelled = (id, text, field) => el("div", {}, el("label", { for: id }, text), field);
  return el("form", { id: "paste", class: "paste", hidden: true, onsubmit: pasted },
    labelled("paste-title", "Headline", el("input", { id: "paste-title", required: true, maxlength: "500", dir: "auto" })),
    labelled("paste-outlet", "Outlet", el("input", { id: "paste-outlet", maxlength: "200", dir: "auto" })),
    labelled("paste-date", "Published on", el("input", { id: "paste-date", type: "date" })),
    labelled("paste-url", "Address", el("input", { id: "paste-url", type: "url", placeholder: "https://…" })),
    labelled("paste-text", "Text", el("textarea", { id: "paste-text", rows: "10", required: true, dir: "auto" })),
    el("div", { class: "ways" }, el("button", { type: "submit" }, "Add the article"), button("Cancel", () => { byId("paste").hidden = true; }, { class: "quiet" })));
}

async function pasted(event) {
  event.preventDefault();
  const value = (name) => byId(`paste-${name}`).value.trim() || null;
  const url = value("url");
  const body = { id: url || `pasted/${value("title").slice(0, 200)}`, title: value("title"), text: value("text"), outlet: value("outlet"), published_on: value("date"), url };
  const added = await addOne(body.title, () => post("/v1/documents", Object.fromEntries(Object.entries(body).filter(([, one]) => one))));
  if (!added) return;
  event.target.reset();
  event.target.hidden = true;
  await list();
  await recount();
}

function debounced(work, wait) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
}
