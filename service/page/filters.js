// Filters by outlet and date: chips beside the field, kept in the page's address.

import { byId, button, day, el } from "./dom.js";

/** The filters that the address says. */
export function filters() {
  const given = new URLSearchParams(location.search);
  return { outlets: given.getAll("outlet"), published_from: iso(given.get("from")), published_to: iso(given.get("to")) };
}

const iso = (text) => (/^\d{4}-\d\d-\d\d$/.test(text || "") ? text : null);

export const isNarrow = (one) => Boolean(one && (one.outlets?.length || one.published_from || one.published_to));

/** "The Daily or The Weekly, from 1 January 2020", for people. */
export function inWords(one) {
  const dates = [one.published_from && `from ${day(one.published_from)}`, one.published_to && `to ${day(one.published_to)}`];
  return [one.outlets?.join(" or "), ...dates].filter(Boolean).join(", ");
}

/** The address of the page with these filters, and the same place in it. */
export function address(one, hash = location.hash) {
  const wanted = new URLSearchParams();
  for (const outlet of one.outlets || []) wanted.append("outlet", outlet);
  if (one.published_from) wanted.set("from", one.published_from);
  if (one.published_to) wanted.set("to", one.published_to);
  const query = wanted.toString();
  return `/${query ? `?${query}` : ""}${hash}`;
}

export function setFilters(one) {
  history.replaceState(null, "", address(one));
  show();
}

function show() {
  const now = filters();
  const chip = (text, without) => el("span", { class: "chip" }, el("span", { dir: "auto" }, text),
    button("×", () => { setFilters({ ...now, ...without }); byId("question").focus(); }, { "aria-label": `Remove the filter ${text}` }));
  const chips = now.outlets.map((name) => chip(name, { outlets: now.outlets.filter((other) => other !== name) }));
  if (now.published_from) chips.push(chip(`from ${day(now.published_from)}`, { published_from: null }));
  if (now.published_to) chips.push(chip(`to ${day(now.published_to)}`, { published_to: null }));
  byId("chips").replaceChildren(...chips);
  byId("chips").hidden = chips.length === 0;
  byId("filter-from").value = now.published_from || "";
  byId("filter-to").value = now.published_to || "";
}

export function begin(outlets) {
  const select = byId("filter-outlet");
  select.append(...outlets.map((one) => el("option", { value: one.name }, `${one.name} (${one.documents})`)));
  select.addEventListener("change", () => {
    const now = filters();
    if (select.value && !now.outlets.includes(select.value)) setFilters({ ...now, outlets: [...now.outlets, select.value] });
    select.value = "";
  });
  for (const [id, name] of [["filter-from", "published_from"], ["filter-to", "published_to"]]) {
    byId(id).addEventListener("change", (event) => setFilters({ ...filters(), [name]: iso(event.target.value) }));
  }
  const panel = byId("filters");
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.open) return;
    event.stopPropagation();
    panel.open = false;
    panel.querySelector("summary").focus();
  });
  document.addEventListener("pointerdown", (event) => { if (!panel.contains(event.target)) panel.open = false; });
  show();
}
