// Earlier conversations: those that the server keeps, or, where it keeps none, those of this browser.

import { get, remove as removed } from "./api.js";

let kept = false; // by the server

export const begin = (can) => { kept = can.includes("conversations"); };

/** What a question sends so that the server keeps its conversation. */
export const asked = (id) => (kept ? { conversation_id: id, remember: true } : {});

const read_ = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
};
const listed = () => read_("onrecord") || [];
const turnKey = (id, turn) => `onrecord/${id}/${turn}`;

/** Conversations, newest first: `{id, title, turns}`. */
export async function list() {
  return kept ? (await get("/v1/conversations?limit=50")).conversations : listed();
}

/** One conversation with its turns: `{question, filters, result}`; null when there is none. */
export async function read(id) {
  if (kept) return get(`/v1/conversations/${encodeURIComponent(id)}`);
  const found = listed().find((one) => one.id === id);
  if (!found) return null;
  const turns = Array.from({ length: found.turns }, (_, turn) => read_(turnKey(id, turn))).filter(Boolean);
  return { ...found, turns };
}

export async function remove(id) {
  if (kept) return removed(`/v1/conversations/${encodeURIComponent(id)}`);
  forget(id);
  return null;
}

function forget(id) {
  const found = listed().find((one) => one.id === id);
  for (let turn = 0; turn < (found?.turns || 0); turn += 1) localStorage.removeItem(turnKey(id, turn));
  localStorage.setItem("onrecord", JSON.stringify(listed().filter((one) => one.id !== id)));
}

/** Keeps a turn here, unless the server did; returns the id of its conversation. */
export function keep(id, turn, asked_) {
  if (kept) return asked_.result.conversation_id || id;
  const own = id || crypto.getRandomValues(new Uint32Array(2)).join("");
  const others = listed();
  const found = others.find((one) => one.id === own) || { id: own, title: asked_.question, turns: 0 };
  const now = { ...found, turns: turn + 1 };
  try {
    localStorage.setItem(turnKey(own, turn), JSON.stringify(asked_));
    localStorage.setItem("onrecord", JSON.stringify([now, ...others.filter((one) => one.id !== own)]));
  } catch { // the browser gives no more room: the oldest conversation makes some
    const oldest = others.at(-1);
    if (oldest && oldest.id !== own) {
      forget(oldest.id);
      return keep(own, turn, asked_);
    }
  }
  return own;
}

/** Answers of earlier conversations that cite a document: `{id, turn, question}`; the newest twenty. */
export async function citing(documentId) {
  const found = [];
  for (const { id } of (await list()).slice(0, 20)) {
    const turns = (await read(id))?.turns || [];
    turns.forEach((one, turn) => {
      if (one.result?.cited?.includes(documentId)) found.push({ id, turn, question: one.question });
    });
    if (found.length >= 20) break;
  }
  return found.slice(0, 20);
}
