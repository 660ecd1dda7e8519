// One conversation: questions go out, claims come in one by one, and what was begun is never lost.

import { Failure, stream } from "./api.js";
import { abstentionBlock, citationsOf, claimItem, disagreementBlock, sourcesBlock } from "./answer.js";
import { announce, button, byId, el, plural, toast } from "./dom.js";
import { address, filters, inWords, isNarrow, setFilters } from "./filters.js";
import * as conversations from "./conversations.js";
import { asMarkdown, asText, copied } from "./copy.js";

const AT_ONCE = 10; // turns of an earlier conversation that are drawn before the browser may paint again
let thread = { id: null, turns: [] };
let under_way = null; // AbortController of the question that is being answered
let opening = 0; // so that a conversation that comes late does not replace what was opened after it
let onchange = () => {};

export const begin = (onkept) => { onchange = onkept; };
export const isAsking = () => under_way !== null;
export const stop = () => under_way?.abort();
export const id = () => thread.id;

export function clear() {
  stop();
  opening += 1;
  thread = { id: null, turns: [] };
  byId("thread").replaceChildren();
  byId("welcome").hidden = false;
}

/** Shows an earlier conversation, scrolled to one of its turns. */
export async function openConversation(wanted, at) {
  if (thread.id !== wanted) {
    clear();
    const ours = opening;
    const found = await conversations.read(wanted);
    if (ours !== opening) return;
    if (!found) {
      toast("There is no such conversation here.");
      return;
    }
    const mine = { id: wanted, turns: [] };
    thread = mine;
    byId("welcome").hidden = true;
    for (const [number, one] of found.turns.entries()) {
      if (number % AT_ONCE === 0) await new Promise((resolve) => { setTimeout(resolve); });
      if (thread !== mine) return;
      const turn = newTurn(one.question, one.filters || {});
      turn.result = one.result;
      finish(turn, [], false);
    }
  }
  const node = thread.turns[at ?? thread.turns.length - 1]?.node;
  node?.scrollIntoView({ block: "start" });
  node?.querySelector("h2").focus({ preventScroll: true });
}

function newTurn(question, given) {
  const turn = { question, filters: given, result: { claims: [], disagreements: [] }, drawn: [], home: thread, number: thread.turns.length };
  turn.citations = () => citationsOf(turn.result);
  turn.place = () => ({ id: turn.home.id, number: turn.result.turn ?? turn.number });
  turn.heading = el("h2", { class: "question", dir: "auto", tabindex: "-1", id: `turn-${turn.number}` }, question);
  turn.status = el("p", { class: "doing" }, "Looking for articles…");
  turn.claims = el("ol", { class: "claims" });
  turn.body = el("div", { class: "body" }, turn.claims);
  turn.foot = el("footer", { class: "tools" });
  turn.searched = el("p", { class: "searched", hidden: true });
  turn.node = el("article", { class: "turn", "aria-labelledby": turn.heading.id, "aria-busy": "true" },
    turn.heading, turn.searched, turn.status, turn.body, turn.foot);
  thread.turns.push(turn);
  byId("thread").append(turn.node);
  return turn;
}

/** Asks a question in the present conversation. */
export async function ask(question) {
  if (isAsking()) return;
  opening += 1;
  byId("welcome").hidden = true;
  const turn = newTurn(question, filters());
  turn.node.scrollIntoView({ block: "start" });
  await answer(turn);
}

async function answer(turn) {
  const mine = new AbortController();
  under_way = mine;
  document.body.classList.add("asking");
  byId("send").textContent = "Stop";
  let looked = [];
  let isWhole = false;
  const body = { question: turn.question, stream: true, ...conversations.asked(turn.home.id) };
  if (isNarrow(turn.filters)) body.filters = turn.filters;
  try {
    await stream("/v1/ask", body, mine.signal, async (name, data) => {
      if (name === "retrieved") {
        looked = data.considered || [];
        showQuery(turn, data.query);
        turn.status.textContent = looked.length ? `Reading ${plural(looked.length, "article")}…` : "Looking…";
      } else if (name === "claim") {
        const came = performance.now();
        turn.result.claims[data.index] = data.claim;
        show(turn.claims, claimItem(data.claim, data.index, turn), data.index);
        turn.drawn[data.index] = data.claim.text;
        await nextPaint();
        performance.measure("claim", { start: came });
      } else if (name === "disagreement") {
        turn.result.disagreements.push(data);
        turn.body.append(disagreementBlock(data, turn));
      } else if (name === "done") {
        turn.result = data;
        isWhole = true;
      } else if (name === "error") {
        throw new Failure(data.detail || data.title || "The server could not answer.");
      }
    });
    if (isWhole) done(turn, looked);
    else broken(turn, "The connection was lost before the answer was complete.");
  } catch (error) {
    broken(turn, error.name === "AbortError" ? "Stopped." : error.message);
  } finally {
    if (under_way === mine) {
      under_way = null;
      document.body.classList.remove("asking");
      byId("send").textContent = "Ask";
    }
  }
}

/** Puts a claim where it belongs; one that comes again replaces itself. */
function show(list, item, index) {
  if (list.children[index]) list.children[index].replaceWith(item);
  else list.append(item);
}

/** Claims come one by one also where they came together: the browser paints one before the next is made. */
const nextPaint = () => new Promise((resolve) => {
  if (document.hidden) resolve();
  else requestAnimationFrame(() => setTimeout(resolve));
});

function showQuery(turn, query) {
  turn.searched.replaceChildren("Searched for ", el("q", { dir: "auto" }, query || ""));
  turn.searched.hidden = !query || query === turn.question;
}

function done(turn, looked) {
  const kept = conversations.keep(turn.home.id, turn.number, { question: turn.question, filters: turn.filters, result: turn.result });
  turn.home.id = kept;
  finish(turn, looked, true);
  onchange(kept, turn.place().number, turn.home === thread);
}

/** Draws what the whole answer has, over what came one by one. */
function finish(turn, looked, isNew) {
  const { result } = turn;
  turn.status.remove();
  turn.node.setAttribute("aria-busy", "false");
  showQuery(turn, result.query);
  if (result.kind === "answer") {
    const isDrawn = result.claims.length === turn.drawn.length && result.claims.every((one, n) => one.text === turn.drawn[n]);
    if (!isDrawn) turn.claims.replaceChildren(...result.claims.map((one, n) => claimItem(one, n, turn)));
    turn.body.replaceChildren(turn.claims, ...(result.disagreements || []).map((one) => disagreementBlock(one, turn)), sourcesBlock(result, looked));
  } else {
    const n = result.considered?.length || looked.length;
    turn.body.replaceChildren(abstentionBlock(result, {
      searched: plural(n, "article"), narrowed: isNarrow(turn.filters) && inWords(turn.filters),
      onask: ask, onrephrase: () => rephrase(turn.question),
      onwiden: () => { setFilters({ outlets: [] }); ask(turn.question); },
    }));
  }
  if (result.note) turn.body.prepend(el("p", { class: "notice" }, result.note));
  turn.foot.replaceChildren(...tools(turn));
  if (isNew) announce(summary(turn));
}

function summary({ result }) {
  if (result.kind !== "answer") return `No answer. ${result.text}`;
  const differ = result.disagreements?.length ? ` The outlets differ on ${plural(result.disagreements.length, "point")}.` : "";
  return `Answer complete: ${plural(result.claims.length, "claim")} from ${plural((result.cited || []).length, "article")}.${differ}`;
}

function broken(turn, why) {
  turn.status.remove();
  turn.node.setAttribute("aria-busy", "false");
  const partial = turn.result.claims.length > 0;
  const again = button("Try again", () => {
    turn.result = { claims: [], disagreements: [] };
    turn.drawn = [];
    turn.claims.replaceChildren();
    turn.body.replaceChildren(turn.claims);
    turn.foot.replaceChildren();
    turn.status.textContent = "Looking for articles…";
    turn.searched.after(turn.status);
    turn.heading.focus({ preventScroll: true });
    answer(turn);
  });
  turn.foot.replaceChildren(el("p", { class: "broken" }, el("span", {}, partial ? `${why} What had come is kept.` : why), again));
  announce(why);
}

function rephrase(question) {
  const field = byId("question");
  field.value = question;
  field.dispatchEvent(new Event("input"));
  field.focus();
  field.select();
}

function tools(turn) {
  const copying = (what, text) => async () => toast((await copied(text())) ? `${what} copied.` : "The browser did not let it be copied.", { seconds: 3 });
  const link = () => new URL(address(turn.filters, `#/ask/${encodeURIComponent(turn.question)}`), location.href).href;
  return [
    button("Copy text", copying("Text", () => asText(turn))),
    button("Copy Markdown", copying("Markdown", () => asMarkdown(turn))),
    button("Copy link", copying("A link to this question", link)),
    el("span", { class: "mode" }, turn.result.mode === "model" ? `Written by ${turn.result.model || "a model"}, checked against the articles` : "In the articles’ own words"),
  ];
}
