// The small card beside a marker: the quote with its outlet and date.

import { byId, button, day, el } from "./dom.js";

let of = null;
let timer = 0;

export const isOf = (node) => of === node;

export function hide() {
  clearTimeout(timer);
  byId("card").hidden = true;
  of?.removeAttribute("aria-describedby");
  of = null;
}

/** Hides it unless the pointer goes onto it meanwhile. */
export function hideSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => byId("card").matches(":hover") || hide(), 160);
}

/** Shows a citation beside a marker; `onopen` gives it a button, for fingers. */
export function show(node, citation, onopen = null) {
  hide();
  of = node;
  const box = byId("card");
  const long = citation.quote.length > 420;
  box.replaceChildren(
    el("p", { class: "card-quote", dir: "auto" }, long ? `${citation.quote.slice(0, 400)} …` : citation.quote),
    el("p", { class: "meta" }, el("b", { dir: "auto" }, citation.outlet || "Outlet unknown"), day(citation.published_on) && el("span", {}, day(citation.published_on))),
    ...(onopen ? [button("Open the article", onopen)] : []));
  box.hidden = false;
  node.setAttribute("aria-describedby", "card");
  const at = node.getBoundingClientRect();
  const width = Math.min(380, innerWidth - 24);
  box.style.width = `${width}px`;
  box.style.left = `${Math.max(12, Math.min(at.left - 24, innerWidth - width - 12))}px`;
  const below = at.bottom + 8;
  box.style.top = `${below + box.offsetHeight > innerHeight - 8 ? Math.max(8, at.top - box.offsetHeight - 8) : below}px`;
}

export function begin() {
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("pointerdown", (event) => {
    if (of && !byId("card").contains(event.target) && !of.contains(event.target)) hide();
  });
  byId("card").addEventListener("pointerleave", hideSoon);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && of) {
      hide();
      event.stopImmediatePropagation();
    }
  }, { capture: true });
}
