// The article beside the answer: its text with the quote marked, next and previous citation, and what else is known.

import { get } from "./api.js";
import { byId, button, day, el, origin, outward, plural, toast } from "./dom.js";
import { citing } from "./conversations.js";

let open = null; // { citations, at, document, opener }
const read = new Map(); // documents that were read, by id

export const isOpen = () => open !== null;

/** Shows the article of a citation, scrolled to its quote; the others are one key away. */
export function openCitations(citations, at, opener) {
  return shown({ citations, at, opener });
}

/** Shows an article for itself. */
export function openDocument(id, opener) {
  return shown({ citations: [{ document_id: id, start: 0, end: 0 }], at: 0, opener });
}

export function close() {
  if (!open) return;
  const { opener } = open;
  open = null;
  byId("article").hidden = true;
  document.body.classList.remove("beside");
  byId("main").inert = false;
  byId("rail").inert = false;
  if (opener?.isConnected) opener.focus();
}

/** What was read is forgotten, because the library changed: what an article shares its origin with does, too. */
export const forget = () => read.clear();

async function shown(wanted) {
  open = wanted;
  const citation = wanted.citations[wanted.at];
  const pane = byId("article");
  try {
    if (!read.has(citation.document_id)) {
      read.set(citation.document_id, await get(`/v1/documents/${encodeURIComponent(citation.document_id)}`));
    }
  } catch (error) {
    toast(error.message);
    if (open === wanted) close();
    return;
  }
  if (open !== wanted) return;
  const found = read.get(citation.document_id);
  pane.replaceChildren(...parts(found, wanted));
  pane.hidden = false;
  document.body.classList.add("beside");
  const covers = matchMedia("(max-width: 60rem)").matches; // then nothing behind it can be reached
  byId("main").inert = covers;
  byId("rail").inert = covers;
  const now = pane.querySelector("mark.now");
  pane.focus({ preventScroll: true });
  if (now) now.scrollIntoView({ block: "center" });
  else pane.scrollTop = 0;
  whoSaid(found.id, pane.querySelector(".statements"));
  alsoAnswers(found.id, pane.querySelector(".also"));
}

function parts(found, { citations, at }) {
  const many = citations.length > 1;
  const here = citations.filter((one) => one.document_id === found.id && one.end > one.start);
  const spans = here.map((one) => ({ start: one.start, end: one.end, marker: one.marker, now: one === citations[at] }));
  return [
    el("div", { class: "pane-bar" },
      many && el("div", { class: "steps" },
        button("‹", () => step(-1), { "aria-label": "Previous citation (P)", disabled: at === 0 }),
        el("span", {}, `${at + 1} of ${citations.length}`),
        button("›", () => step(1), { "aria-label": "Next citation (N)", disabled: at === citations.length - 1 })),
      el("p", { class: "pane-title", dir: "auto", "aria-hidden": "true" }, found.outlet || ""),
      button("Close", close, { class: "quiet", "aria-keyshortcuts": "Escape" })),
    el("header", {}, el("p", { class: "label", dir: "auto" }, found.outlet || "Outlet unknown"),
      el("h2", { dir: "auto" }, found.title || found.id),
      el("p", { class: "meta" }, [found.byline, day(found.published_on), found.dateline, found.agency && `Wire: ${found.agency}`]
        .filter(Boolean).map((text) => el("span", { dir: "auto" }, text)),
      found.url && outward(found.url, "Original page"))),
    el("div", { class: "story", lang: found.language || null }, paragraphs(found.text, spans)),
    sameOrigin(found.origin?.others || []),
    el("details", { class: "statements", hidden: true }),
    el("section", { class: "also", hidden: true }),
  ];
}

/** Other articles that tell the same story, and why they count as one origin. */
function sameOrigin(others) {
  return others.length > 0 && el("section", { class: "also same-origin", "aria-labelledby": "same-origin" },
    el("h3", { id: "same-origin", class: "label" }, `Shares its origin with ${plural(others.length, "other article")}`),
    el("ul", {}, others.map((one) => el("li", {},
      button(one.title || one.document_id, () => openDocument(one.document_id, open?.opener), { class: "link", dir: "auto" }),
      el("p", { class: "meta" }, el("span", { dir: "auto" }, origin(one)), el("span", { dir: "auto" }, `because ${reasons(one)}`))))));
}

function reasons(one) {
  const share = Math.round(100 * one.words);
  return [`${share}% of the shorter one’s words stand together in a sentence of the other`,
    one.quotes && `${plural(one.quotes, "longer quotation")} ${one.quotes === 1 ? "is" : "are"} the same`,
    one.agency && `both credit ${one.agency}`].filter(Boolean).join(", and ");
}

async function whoSaid(id, box) {
  const { statements } = await get(`/v1/statements?${new URLSearchParams({ document_id: id })}`).catch(() => ({ statements: [] }));
  if (!statements.length || !box.isConnected) return;
  box.replaceChildren(el("summary", {}, `Who says what (${statements.length})`),
    el("ul", {}, statements.map((one) => el("li", {},
      el("p", { class: "meta" }, el("b", { dir: "auto" }, one.speaker || one.role || "Speaker not named"), one.speaker && one.role && el("span", { dir: "auto" }, one.role)),
      el("p", { class: one.form === "indirect" ? "said" : "said uttered", dir: "auto" }, one.text)))));
  box.hidden = false;
}

async function alsoAnswers(id, box) {
  const found = await citing(id).catch(() => []);
  if (!found.length || !box.isConnected) return;
  box.replaceChildren(el("h3", { class: "label" }, "Answers that cite this article"),
    el("ul", {}, found.map((one) => el("li", {}, el("a", { href: `#/c/${one.id}/${one.turn}`, dir: "auto" }, one.question)))));
  box.hidden = false;
}

/** Paragraphs of a text, with its spans marked; offsets count code points, where JavaScript counts UTF-16 units. */
function paragraphs(text, spans) {
  const at = units(text);
  const marks = spans.map((one) => ({ ...one, start: at(one.start), end: at(one.end) })).sort((a, b) => a.start - b.start);
  const found = [];
  for (const piece of text.matchAll(/[^\n]+(?:\n(?!\n)[^\n]+)*/g)) {
    const node = el("p", { dir: "auto" });
    let from = piece.index;
    const end = piece.index + piece[0].length;
    for (const mark of marks) {
      const [start, stop] = [Math.max(mark.start, from), Math.min(mark.end, end)];
      if (start >= stop) continue;
      node.append(text.slice(from, start), el("mark", { class: mark.now ? "now" : null, title: mark.marker ? `Source ${mark.marker}` : null }, text.slice(start, stop)));
      from = stop;
    }
    node.append(text.slice(from, end));
    found.push(node);
  }
  return found;
}

function units(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (offset) => offset;
  const starts = [];
  for (let i = 0; i < text.length; i += text.codePointAt(i) > 0xffff ? 2 : 1) starts.push(i);
  starts.push(text.length);
  return (offset) => starts[Math.min(offset, starts.length - 1)];
}

function step(by) {
  const next = open.at + by;
  if (open.citations[next]) shown({ ...open, at: next });
}

export function begin() {
  byId("article").addEventListener("keydown", (event) => {
    if (!open || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "n") step(1);
    else if (key === "p") step(-1);
  });
  addEventListener("resize", () => {
    const covers = Boolean(open) && matchMedia("(max-width: 60rem)").matches;
    byId("main").inert = covers;
    byId("rail").inert = covers;
  });
}
