// An answer as it is read: claims with markers, disagreements, sources; and what is shown when there is no answer.

import { button, day, el, origin, outward, plural } from "./dom.js";
import * as article from "./article.js";
import * as card from "./card.js";
import { feedbackOn } from "./feedback.js";

/** Citations of an answer in the order in which they are read, each marker once. */
export function citationsOf(result) {
  const all = [
    ...(result.claims || []).flatMap((claim) => [...claim.citations, ...(claim.superseded_by ? [claim.superseded_by] : [])]),
    ...(result.disagreements || []).flatMap((one) => one.positions.flatMap((position) => position.quotes || [])),
  ];
  return [...new Map(all.map((one) => [one.marker, one])).values()];
}

/** A marker to press; `all` gives the citations of the whole answer when it is pressed. */
function marker(citation, all) {
  const open = (event) => {
    if (event.pointerType === "touch" && !card.isOf(node)) {
      card.show(node, citation, () => openAt(node));
      return;
    }
    openAt(node);
  };
  const openAt = (opener) => {
    card.hide();
    const citations = all();
    const at = citations.findIndex((one) => one.marker === citation.marker);
    article.openCitations(at < 0 ? [citation] : citations, Math.max(at, 0), opener);
  };
  const node = button(citation.marker, open, {
    class: "marker", "aria-label": `Source ${citation.marker}: ${origin(citation)}`,
    onpointerenter: (event) => event.pointerType === "mouse" && card.show(node, citation),
    onpointerleave: () => card.hideSoon(),
    onfocus: () => node.matches(":focus-visible") && card.show(node, citation),
    onblur: () => card.hideSoon(),
  });
  return node;
}

const carried = (one) => {
  if (!one) return null;
  const counts = [one.outlets?.length ? plural(one.outlets.length, "outlet") : plural(one.documents || 1, "article")];
  if (one.origins) counts.push(plural(one.origins, "origin"));
  return el("span", {}, counts.join(", "), one.outlets?.length > 0 && el("span", { dir: "auto" }, `: ${one.outlets.join(", ")}`));
};

const spoken = (speaker) => speaker && el("span", { class: "speaker", dir: "auto" },
  el("b", {}, speaker.name), speaker.affiliation && `, ${speaker.affiliation}`);

const when = (dates) => (dates || [])
  .filter((one) => one.first && !/\d{4}/.test(one.text))
  .map((one) => el("span", {}, `“${one.text}”: ${day(one.first)}${one.last && one.last !== one.first ? ` to ${day(one.last)}` : ""}`));

const isQuote = (claim) => Boolean(claim.speaker?.direct) || /^["“«„]/.test(claim.text);

const isDoubtful = (claim) => claim.support?.verdict === "unsupported";

/** The text, with what stands in quotation marks set apart to the eye. */
const withQuotes = (text) => text.split(/(“[^”]{8,}”|"[^"]{8,}"|«[^»]{8,}»|„[^“]{8,}“)/)
  .map((piece, at) => (at % 2 ? el("span", { class: "uttered" }, piece) : piece));

/** A claim, as one item of the list. */
export function claimItem(claim, index, turn) {
  const all = () => turn.citations();
  const text = el("p", { class: "text", dir: "auto" }, withQuotes(claim.text), " ", el("span", { class: "markers" }, claim.citations.map((one) => marker(one, all))));
  return el("li", { class: `claim${isQuote(claim) ? " spoken" : ""}${isDoubtful(claim) ? " doubtful" : ""}` },
    isQuote(claim) ? el("blockquote", {}, text) : text,
    claim.superseded_by && el("p", { class: "notice" }, "A later report corrects this. ", marker(claim.superseded_by, all)),
    isDoubtful(claim) && el("p", { class: "notice" }, `The quotes do not support this${claim.support.reason ? ` (${claim.support.reason})` : ""}.`),
    el("p", { class: "meta" }, spoken(claim.speaker), carried(claim.corroboration), when(claim.dates), feedbackOn(claim, index, turn)));
}

/** A disagreement, position against position. */
export function disagreementBlock(one, turn) {
  const all = () => turn.citations();
  const known = new Map(all().map((citation) => [citation.marker, citation]));
  const side = (position) => {
    const quotes = position.quotes?.length ? position.quotes : position.citations.map((number) => known.get(number)).filter(Boolean);
    return el("li", { class: "position" },
      el("p", { class: "text", dir: "auto" }, position.text, " ", el("span", { class: "markers" }, quotes.map((quote) => marker(quote, all)))),
      el("p", { class: "meta" }, carried({
        outlets: position.outlets || [...new Set(quotes.map((quote) => quote.outlet).filter(Boolean))],
        documents: quotes.length, origins: position.origins,
      })));
  };
  return el("section", { class: "differ" },
    el("h3", {}, "The outlets differ"), el("p", { class: "topic", dir: "auto" }, one.topic),
    el("ul", { class: "positions" }, one.positions.map(side)));
}

/** Cited articles with their markers, apart from those only considered. */
export function sourcesBlock(result, looked) {
  const cited = citationsOf(result);
  const all = () => cited;
  const byArticle = new Map();
  for (const one of cited) byArticle.set(one.document_id, [...(byArticle.get(one.document_id) || []), one]);
  const others = (looked || []).filter((one) => !byArticle.has(one.document_id));
  const source = (quotes) => {
    const [one] = quotes;
    const title = one.title || one.document_id;
    return el("li", {}, el("span", { class: "markers" }, quotes.map((quote) => marker(quote, all))),
      el("span", {}, one.url ? outward(one.url, title) : el("span", { dir: "auto" }, title), el("span", { class: "meta", dir: "auto" }, origin(one)),
        quotes.map((quote) => el("span", { class: "printed", dir: "auto" }, `[${quote.marker}] ${quote.quote}`))));
  };
  return el("section", { class: "sources" }, el("h3", { class: "label" }, "Sources"),
    el("ul", { class: "cited" }, [...byArticle.values()].map(source)),
    others.length > 0 && el("details", { class: "considered" },
      el("summary", {}, `${plural(others.length, "article")} considered, not cited`),
      el("ul", {}, others.map((one) => el("li", {}, titleButton(one), el("span", { class: "meta", dir: "auto" }, origin(one)))))));
}

const titleButton = (one) => button(one.title || one.document_id, (event) => article.openDocument(one.document_id, event.currentTarget),
  { class: "link", dir: "auto" });

const TITLES = {
  empty_library: "The library is empty.", ambiguous: "This can be read in more than one way.",
  unsupported: "The articles do not carry an answer.",
};

/** What is shown when the articles do not say. */
export function abstentionBlock(result, { searched, narrowed, onask, onrephrase, onwiden }) {
  const isEmpty = result.reason === "empty_library";
  return el("section", { class: "unknown" }, el("h3", {}, TITLES[result.reason] || "The articles do not say."),
    isEmpty ? el("p", {}, "Add articles, and ask again. ", el("a", { href: "#/library" }, "Open the library"))
      : el("p", {}, `Searched ${searched}${narrowed ? ` (${narrowed})` : ""} for `, el("q", { dir: "auto" }, result.query || result.question), "."),
    result.readings?.length > 0 && el("ul", { class: "readings" }, result.readings.map((one) => el("li", {}, button(one, () => onask(one), { dir: "auto" })))),
    !isEmpty && el("p", { class: "ways" }, button("Rephrase the question", onrephrase), narrowed && button("Ask without filters", onwiden)),
    result.closest?.length > 0 && el("div", { class: "closest" }, el("h4", { class: "label" }, "Closest passages: they do not answer the question"),
      el("ul", {}, result.closest.map((one) => el("li", {}, el("p", { class: "passage", dir: "auto" }, shortened(one.text)),
        el("p", { class: "meta" }, button(one.title || one.document_id, (event) => article.openCitations([{ ...one, quote: one.text, marker: null }], 0, event.currentTarget), { class: "link", dir: "auto" }),
          el("span", { dir: "auto" }, origin(one))))))));
}

const shortened = (text) => (text.length > 320 ? `${text.slice(0, 300).replace(/\s\S*$/, "")} …` : text);
