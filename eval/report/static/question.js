// What stands inside a question once it is opened. All text goes in as text: nothing here reads markup.

const data = JSON.parse(document.getElementById("data").textContent);
const several = data.runs.length > 1;
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const listed = (name, items) => make("ul", { class: name }, ...items.map((item) => make("li", {}, ...[item].flat())));
const three = (value) => (value === null || value === undefined ? "–" : Number.isInteger(value) ? `${value}` : value.toFixed(3));
const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const part = (title, ...children) => make("section", {}, make("h4", {}, title), ...children);

function badge(outcome) {
  const name = data.outcomes[outcome];
  return make("span", { class: `badge o-${name.replaceAll(" ", "-")}` }, name);
}

function key(run) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 12 12");
  drawn.setAttribute("class", "key");
  drawn.setAttribute("aria-hidden", "true");
  const dot = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: 6, cy: 6, r: 5, class: `dot s${run % 4}` })) dot.setAttribute(name, value);
  drawn.append(dot);
  return drawn;
}

function source(passage) {
  const { id, outlet, title, published_on: on, url } = data.documents[data.passages[passage].document];
  const told = [outlet, on, title].filter(Boolean).join(", ") || id;
  // Only an address of the web becomes a link, whatever an article says its address is.
  return /^https?:\/\//i.test(url ?? "") ? make("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, told) : told;
}

const textOf = (citation) => citation.quote ?? data.passages[citation.passage].text.slice(citation.start, citation.end);

// The passage with its quotes marked, and what is gold underlined; both may overlap.
function passageText(text, quotes, gold) {
  const cuts = new Set([0, text.length]);
  for (const { start, end } of quotes) cuts.add(start).add(end);
  for (const [start, end] of gold) cuts.add(start).add(end);
  const places = [...cuts].sort((a, b) => a - b);
  const begun = new Set();
  return make("p", { class: "text", dir: "auto" }, ...places.slice(1).map((end, number) => {
    const start = places[number];
    const isGold = gold.some((one) => one[0] <= start && end <= one[1]);
    const piece = isGold ? make("span", { class: "isgold" }, text.slice(start, end)) : text.slice(start, end);
    const quote = quotes.find((one) => one.start <= start && end <= one.end);
    if (!quote) return piece;
    const marked = make("mark", { id: begun.has(quote) ? null : quote.id }, piece);
    begun.add(quote);
    return quote.end === end ? make("span", {}, marked, make("a", { class: "marker", href: `#${quote.claim}`, "aria-label": `quote ${quote.marker}, back to the claim` }, `[${quote.marker}]`)) : marked;
  }));
}

// Where gold stands in a passage: as the run says, else wherever a piece of evidence does.
function goldIn(place, gold, evidence) {
  if (gold) return gold.filter(([passage]) => passage === place).map(([, start, end]) => [start, end]);
  const text = data.passages[place].text ?? "";
  return evidence.filter((one) => one && text.includes(one)).map((one) => [text.indexOf(one), text.indexOf(one) + one.length]);
}

function passage(place, quotes, gold, isRelevant, { rank, score } = {}) {
  const text = data.passages[place].text;
  const whole = quotes.filter((quote) => quote.start !== undefined);
  return make("div", { class: "passage" },
    make("p", { class: "source" }, rank ? `${rank}. ` : "", source(place), isRelevant ? make("span", { class: "golden" }, " · gold article") : "", score !== undefined && score !== null ? ` · score ${three(score)}` : ""),
    text ? passageText(text, whole, gold) : "",
    ...quotes.filter((quote) => quote.start === undefined).map((quote) => make("p", { class: "text", dir: "auto" },
      make("mark", { id: quote.id }, quote.quote), make("a", { class: "marker", href: `#${quote.claim}` }, `[${quote.marker}]`))));
}

function claim(one, id, markers) {
  const about = [
    one.speaker && [one.speaker.name, one.speaker.affiliation, one.speaker.verb].filter(Boolean).join(", "),
    (one.outlets ?? []).join(", "),
    one.origins > 1 && `${one.origins} independent origins`,
    one.support !== undefined && `support ${three(one.support)}`,
    one.verdict === "unsupported" && "unsupported",
  ].filter(Boolean);
  const untrue = one.citations.filter((citation) => citation.false).map(({ marker }) => `[${marker}]`).join("");
  return make("div", { class: "claim", id },
    make("p", { class: "said", dir: "auto" }, one.text ?? textOf(one.citations[0]), " ",
      ...markers.map(({ marker, id: at }) => make("a", { class: "marker", href: `#${at}`, "aria-label": `quote ${marker} in its passage` }, `[${marker}]`))),
    make("p", { class: "about" }, about.join(" · ")),
    untrue ? make("p", { class: "untrue" }, `${untrue} does not stand in the article as quoted.`) : "");
}

function disagreement(one) {
  const positions = one.positions.map((position) => `${position.text} ${(position.citations ?? []).map((marker) => `[${marker}]`).join("")}`);
  return make("div", { class: "claim" }, make("p", {}, make("strong", {}, one.topic)), listed("expected", positions));
}

function figuresOf(result) {
  const shown = [
    ["confidence", result.confidence, three], ["gold article at rank", result.rank, String], ["latency", result.latency, milliseconds],
    ...Object.entries(result.timings ?? {}).map(([stage, value]) => [stage, value, milliseconds]),
    ...Object.entries(result.tokens ?? {}).map(([way, value]) => [`tokens ${way}`, value, String]), ["cost", result.cost, String],
  ].filter(([, value]) => value !== undefined && value !== null);
  const scores = data.measures.map((name, place) => [name, result.scores[place], three]).filter(([, value]) => value !== undefined && value !== null);
  const list = (figures) => listed("figures", figures.map(([name, value, show]) => [make("span", {}, `${name} `), show(value)]));
  return [part("Scores", list(scores)), part("Ranks and times", list(shown))];
}

function runOf(question, result, run, id) {
  if (!result) return make("section", { class: "run" }, make("h3", {}, key(run), data.runs[run]), make("p", { class: "quiet" }, "This run did not ask it."));
  const relevant = new Set(question.relevant ?? []);
  const evidence = question.evidence ?? [];
  const byPassage = new Map();
  const claims = (result.claims ?? []).map((one, number) => {
    const of = `${id}-${run}-claim-${number}`;
    const markers = one.citations.map((citation, place) => ({ ...citation, claim: of, id: `${of}-quote-${place}` }));
    for (const quote of markers) byPassage.set(quote.passage, [...(byPassage.get(quote.passage) ?? []), quote]);
    return claim(one, of, markers);
  });
  const isRelevant = (place) => relevant.has(data.passages[place].document);
  const cited = [...byPassage].map(([place, quotes]) => passage(place, quotes, goldIn(place, result.gold, evidence), isRelevant(place)));
  const best = (result.best ?? []).map(({ passage: place, score }, number) => passage(place, [], goldIn(place, result.gold, evidence), isRelevant(place), { rank: number + 1, score }));
  const answer = result.abstained !== undefined ? [make("p", { class: "claim" }, result.abstained || "It abstained.")] : claims;
  return make("section", { class: "run" },
    several ? make("h3", {}, key(run), data.runs[run], badge(result.outcome)) : "",
    result.unscored ? make("p", { class: "note" }, `Unscored: ${result.unscored}`) : "",
    answer.length ? part(result.abstained !== undefined ? "Abstention" : "Answer", ...answer) : "",
    (result.disagreements ?? []).length ? part("Disagreements", ...result.disagreements.map(disagreement)) : "",
    cited.length ? part("Quotes in their passages", ...cited) : "",
    best.length ? make("details", { class: "more" }, make("summary", {}, `The ${best.length} best passages retrieved`), ...best) : "",
    ...figuresOf(result));
}

function inside(question, id) {
  const answers = question.answerable ? question.answers ?? [] : ["Nothing: the articles do not say."];
  return make("div", { class: "inside" },
    question.history ? part("Asked before", listed("expected", question.history)) : "",
    part("Expected", listed("expected", answers), question.evidence ? listed("expected", question.evidence.map((one) => make("span", { class: "isgold", dir: "auto" }, one))) : ""),
    make("div", { class: "runs" }, ...question.results.map((result, run) => runOf(question, result, run, id))),
    make("p", { class: "permanent" }, make("a", { href: `#question=${encodeURIComponent(question.id)}` }, "Link to this question"), ` · ${question.id}`));
}
