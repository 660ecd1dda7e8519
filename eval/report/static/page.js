// The list of questions: filtered, searched, sorted, and drawn in pages of fifty. A question is drawn when it is opened.

const PAGE = 50;
const state = { search: "", type: "", outcome: "", sort: "order", page: 0 };
const root = document.getElementById("list");
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const hasChanged = (question) => new Set(question.results.map((result) => result?.outcome)).size > 1;
const last = (question) => question.results.at(-1) ?? question.results.find(Boolean);

const haystacks = new Map();
function haystack(question) {
  if (!haystacks.has(question)) {
    const claims = question.results.flatMap((result) => result?.claims ?? []);
    const titles = claims.flatMap((one) => one.citations.map(({ passage: place }) => Object.values(data.documents[data.passages[place].document]).join(" ")));
    const said = claims.flatMap((one) => [one.text ?? "", one.speaker?.name ?? "", ...one.citations.map(textOf)]);
    haystacks.set(question, folded([question.id, question.question, question.type, ...(question.answers ?? []), ...(question.evidence ?? []), ...said, ...titles].join("\n")));
  }
  return haystacks.get(question);
}

const ORDERS = {
  order: ["as in the set", null],
  confident: ["surest first", (question) => -(last(question).confidence ?? -1)],
  doubtful: ["least sure first", (question) => last(question).confidence ?? 2],
  slow: ["slowest first", (question) => -(last(question).latency ?? -1)],
  rank: ["gold ranked worst first", (question) => -(question.relevant ? last(question).rank ?? 999 : 0)],
};

function matching() {
  const words = folded(state.search).split(/\s+/).filter(Boolean);
  const outcome = data.outcomes.indexOf(state.outcome);
  const found = data.questions.filter((question) =>
    (!state.type || question.type === state.type)
    && (state.outcome === "changed" ? hasChanged(question) : outcome < 0 || question.results.some((result) => result?.outcome === outcome))
    && words.every((word) => haystack(question).includes(word)));
  const by = ORDERS[state.sort][1];
  return by ? found.map((question) => [by(question), question]).sort(([a], [b]) => a - b).map(([, question]) => question) : found;
}

const places = new Map(data.questions.map((question, place) => [question, place]));
function row(question) {
  const id = `q${places.get(question)}`;
  const { confidence, rank, latency } = last(question);
  const meta = [question.type, rank && `gold at ${rank}`, confidence !== undefined && `confidence ${confidence.toFixed(2)}`, latency !== undefined && milliseconds(latency)];
  const outcomes = question.results.filter(Boolean).map((result) => result.outcome);
  const told = new Set(outcomes).size > 1 ? outcomes : outcomes.slice(0, 1);
  const node = make("details", { class: "question", id },
    make("summary", {},
      make("span", { class: "badges" }, ...told.map((outcome, number) => make("span", {}, number ? "→ " : "", badge(outcome)))),
      make("span", { class: "asked", dir: "auto" }, question.question),
      make("span", { class: "meta" }, meta.filter(Boolean).join(" · "))));
  node.addEventListener("toggle", () => { if (node.open && node.childElementCount === 1) node.append(inside(question, id)); });
  return node;
}

const found = make("p", { role: "status" });
const rows = make("div");
const pagers = [0, 1].map((place) => {
  const turn = (by) => { state.page += by; draw(); if (place) root.scrollIntoView(); };
  const back = make("button", { type: "button" }, "Previous");
  const on = make("button", { type: "button" }, "Next");
  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  const where = make("span");
  return { node: make("nav", { class: "pager", "aria-label": place ? "Pages, below" : "Pages" }, back, where, on), back, on, where };
});

function draw() {
  const questions = matching();
  const pages = Math.max(1, Math.ceil(questions.length / PAGE));
  state.page = Math.min(Math.max(0, state.page), pages - 1);
  const from = state.page * PAGE;
  const shown = questions.slice(from, from + PAGE);
  const counted = questions.length.toLocaleString("en");
  found.textContent = questions.length ? `${counted} of ${data.questions.length.toLocaleString("en")} questions` : "No question matches.";
  rows.replaceChildren(...(shown.length ? shown.map(row) : [make("p", { class: "none" }, "No question matches. Clear the search, or choose all types and outcomes.")]));
  for (const { node, back, on, where } of pagers) {
    node.hidden = pages < 2;
    back.disabled = state.page === 0;
    on.disabled = state.page === pages - 1;
    where.textContent = `${state.page + 1} of ${pages}`;
  }
}

function choose(name, label, options) {
  const select = make("select", { name }, ...options.map(([value, text]) => make("option", { value }, text)));
  select.addEventListener("change", () => { state[name] = select.value; state.page = 0; draw(); });
  return make("label", {}, label, select);
}

function controls() {
  const search = make("input", { type: "search", name: "search", autocomplete: "off", spellcheck: "false", placeholder: "words in questions, answers, quotes, titles" });
  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.search = search.value; state.page = 0; draw(); }, 120);
  });
  const types = [...new Set(data.questions.map((question) => question.type))].filter(Boolean).sort();
  const present = new Set(data.questions.flatMap((question) => question.results.map((result) => data.outcomes[result?.outcome])));
  const outcomes = data.outcomes.filter((outcome) => present.has(outcome));
  return make("form", { class: "filters", role: "search" },
    make("label", { class: "search" }, "Search", search),
    choose("type", "Type", [["", "all types"], ...types.map((type) => [type, type])]),
    choose("outcome", "Outcome", [["", "all outcomes"], ...(several ? [["changed", "changed between runs"]] : []), ...outcomes.map((outcome) => [outcome, outcome])]),
    choose("sort", "Order", Object.entries(ORDERS).map(([name, [text]]) => [name, text])));
}

function show(change) {
  form.reset();
  Object.assign(state, { search: "", type: "", outcome: "", sort: "order", page: 0 }, change);
  form.elements.outcome.value = state.outcome;
  draw();
}

// `#outcome=wrong` lists those questions, `#question=ID` opens that one, so that both can be linked to.
function follow() {
  const [, name, value] = /^#(outcome|question)=(.+)$/.exec(location.hash) ?? [];
  if (!name) return;
  const wanted = decodeURIComponent(value);
  if (name === "outcome") {
    show({ outcome: wanted });
    root.scrollIntoView();
    form.elements.outcome.focus({ preventScroll: true });
    return;
  }
  const place = data.questions.findIndex((question) => question.id === wanted);
  if (place < 0) return;
  show({ page: Math.floor(place / PAGE) });
  const node = document.getElementById(`q${place}`);
  node.open = true;
  node.firstElementChild.focus({ preventScroll: true });
  node.scrollIntoView();
}

const form = controls();
form.addEventListener("submit", (event) => event.preventDefault());
root.replaceChildren(form, make("div", { class: "found" }, found, pagers[0].node), rows, make("div", { class: "found" }, make("span"), pagers[1].node));
draw();
addEventListener("hashchange", follow);
follow();
performance.mark("usable");
