// Elements made by hand: whatever comes from articles, models or addresses goes in as text and never as HTML.

/** An element. `attributes` may hold listeners ("onclick": function), `class`, and plain attributes; null is left out. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** A link to elsewhere, or only its text where the address is not http or https. */
export function outward(address, text) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return el("span", { dir: "auto" }, text);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return el("span", { dir: "auto" }, text);
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "auto" }, text);
}

export const button = (text, onclick, attributes = {}) => el("button", { type: "button", onclick, ...attributes }, text);

export const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** "10 January 2020" of "2020-01-10"; what is no such date is shown as it is, and nothing for null. */
export function day(iso) {
  if (!iso) return "";
  const at = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? iso : DAY.format(at);
}

/** "The Daily, 10 January 2020", as far as known. */
export const origin = (one) => [one.outlet || "Outlet unknown", day(one.published_on)].filter(Boolean).join(", ");

/** Text said to screen readers, once. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** A notice at the foot of the page; it goes after some seconds, and waits for who is at it. Returns the function that takes it away. */
export function toast(text, { action = null, onaction = null, seconds = 6, ongone = null } = {}) {
  const gone = () => {
    clearTimeout(timer);
    node.remove();
  };
  const late = () => {
    if (node.matches(":hover, :focus-within")) {
      timer = setTimeout(late, 1000);
      return;
    }
    gone();
    ongone?.();
  };
  let timer = setTimeout(late, seconds * 1000);
  const node = el("div", { class: "toast" }, el("p", {}, text),
    action && button(action, () => { gone(); onaction(); }),
    button("×", () => { gone(); ongone?.(); }, { "aria-label": "Close this notice", class: "quiet" }));
  byId("toasts").append(node);
  return gone;
}
