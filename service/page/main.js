// The page begins here: what there is, where in it one is, and the keys.

import * as article from "./article.js";
import * as card from "./card.js";
import * as conversations from "./conversations.js";
import * as feedback from "./feedback.js";
import * as filters from "./filters.js";
import * as library from "./library.js";
import * as thread from "./thread.js";
import { get } from "./api.js";
import { button, byId, el, plural, toast } from "./dom.js";

const field = byId("question");

function fit() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 220)}px`;
}

function submitted() {
  const question = field.value.trim();
  if (thread.isAsking() || !question) return;
  field.value = "";
  fit();
  thread.ask(question);
}

async function listConversations() {
  const found = await conversations.list().catch(() => []);
  const links = byId("conversations");
  const focused = links.contains(document.activeElement) && document.activeElement.getAttribute("href");
  byId("earlier").hidden = found.length === 0;
  links.replaceChildren(...found.map((one) => el("li", {},
    el("a", { href: `#/c/${one.id}`, dir: "auto", "aria-current": one.id === thread.id() ? "page" : null }, one.title || "Untitled"),
    button("×", () => forget(one), { "aria-label": `Delete the conversation ${one.title}`, class: "quiet" }))));
  if (focused) [...links.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused)?.focus({ preventScroll: true });
}

async function forget(one) {
  try {
    await conversations.remove(one.id);
  } catch (error) {
    toast(error.message);
    return;
  }
  if (one.id === thread.id()) location.hash = "#/";
  await listConversations();
  byId("nav-ask").focus();
}

async function route() {
  const [, view, given = "", turn] = location.hash.split("/");
  const id = decoded(given);
  const inLibrary = view === "library";
  article.close();
  closeMenu();
  byId("view-ask").hidden = inLibrary;
  byId("view-library").hidden = !inLibrary;
  markHere();
  document.title = inLibrary ? "Library · Onrecord" : "Onrecord";
  try {
    if (inLibrary) await library.show(id);
    else if (view === "c") await thread.openConversation(id, turn === undefined ? undefined : Number(turn));
    else if (view === "ask" && id) {
      history.replaceState(null, "", filters.address(filters.filters(), "#/"));
      thread.clear();
      await thread.ask(id);
    } else {
      thread.clear();
      field.focus({ preventScroll: true });
    }
  } catch (error) {
    toast(error.message);
  }
  await listConversations();
}

function markHere() {
  const view = location.hash.split("/")[1];
  for (const [link, isHere] of [["nav-ask", !view], ["nav-library", view === "library"]]) {
    if (isHere) byId(link).setAttribute("aria-current", "page");
    else byId(link).removeAttribute("aria-current");
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function closeMenu() {
  document.body.classList.remove("menu-open");
  byId("menu").setAttribute("aria-expanded", "false");
}

function keys(event) {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (thread.isAsking()) thread.stop();
  else if (article.isOpen()) article.close();
  else if (document.body.classList.contains("menu-open")) {
    closeMenu();
    byId("menu").focus();
  }
}

async function begin() {
  card.begin();
  article.begin();
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    if (thread.isAsking()) thread.stop();
    else submitted();
  });
  field.addEventListener("input", fit);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submitted();
  });
  byId("menu").addEventListener("click", () => {
    byId("menu").setAttribute("aria-expanded", String(document.body.classList.toggle("menu-open")));
  });
  for (const home of ["home", "nav-ask"]) byId(home).addEventListener("click", () => { if (location.hash === "#/") route(); });
  document.addEventListener("keydown", keys);
  thread.begin((id, turn, isShown) => {
    if (isShown && id) history.replaceState(null, "", filters.address(filters.filters(), `#/c/${id}/${turn}`));
    markHere();
    listConversations();
  });
  addEventListener("hashchange", route);
  try {
    const start = await get("/v1/start");
    conversations.begin(start.can);
    feedback.begin(start.can);
    filters.begin(start.outlets);
    library.begin(start.outlets);
    byId("n-documents").textContent = start.documents.toLocaleString("en");
    if (start.documents) byId("lede").textContent = `${plural(start.documents, "article")} from ${plural(start.outlets.length, "outlet")}. The answer is made of their own sentences, each with its quote.`;
    else byId("lede").replaceChildren("The library is empty. ", el("a", { href: "#/library" }, "Add articles"), ", then ask.");
    byId("examples").replaceChildren(...start.examples.map((text) => el("li", {}, button(text, () => thread.ask(text), { dir: "auto" }))));
    byId("examples-box").hidden = start.examples.length === 0;
  } catch (error) {
    byId("lede").textContent = error.message;
  }
  await route();
  performance.mark("ready");
  document.documentElement.dataset.ready = "yes";
}

begin();
