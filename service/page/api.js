// The server, asked: JSON in, JSON out, and server-sent events of a POST. Errors have a message for people.

import { byId } from "./dom.js";

export class Failure extends Error {
  /** `problem` is what the server said (RFC 9457), null when it could not be reached. */
  constructor(message, problem = null) {
    super(message);
    this.problem = problem;
  }
}

const UNREACHED = "The server cannot be reached. Is it still running?";

export function headers(more = {}) {
  const key = sessionStorage.getItem("key");
  return key ? { ...more, Authorization: `Bearer ${key}` } : more;
}

async function sent(path, options) {
  for (;;) {
    let response;
    try {
      response = await fetch(path, { ...options, headers: headers(options.headers) });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Failure(UNREACHED);
    }
    if (response.status === 401 && (await askForKey())) continue;
    if (response.ok) return response;
    const problem = await response.json().catch(() => null);
    throw new Failure(problem?.detail || problem?.title || `The server answered with ${response.status}.`, problem);
  }
}

function askForKey() {
  const dialog = byId("key-dialog");
  byId("key").value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const key = byId("key").value.trim();
      if (key) sessionStorage.setItem("key", key);
      resolve(Boolean(key));
    }, { once: true });
  });
}

export async function get(path) {
  return (await sent(path, {})).json();
}

export async function remove(path) {
  await sent(path, { method: "DELETE", keepalive: true });
}

const asJson = (body) => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export async function post(path, body) {
  return (await sent(path, asJson(body))).json();
}

/** Hands each event of a streamed answer to `on(name, data)` as it comes; ends when the stream does. */
export async function stream(path, body, signal, on) {
  const response = await sent(path, { ...asJson(body), signal });
  // Read on while events are shown: what a browser has not handed over when a connection breaks, it throws away.
  const came = { events: [], end: null, wake: () => {} };
  collect(response.body.getReader(), came);
  for (;;) {
    if (signal.aborted) throw new DOMException("Stopped", "AbortError");
    const event = came.events.shift();
    if (event) await on(event.name, event.data);
    else if (came.end?.error) throw new Failure("The connection was lost before the answer was complete.");
    else if (came.end) return;
    else await new Promise((resolve) => { came.wake = resolve; });
  }
}

async function collect(reader, came) {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      rest += decoder.decode(value, { stream: true }).replaceAll("\r", "");
      const blocks = rest.split("\n\n");
      rest = blocks.pop();
      came.events.push(...blocks.map(parsed).filter(Boolean));
      came.wake();
    }
    came.end = {};
  } catch (error) {
    came.end = { error };
  }
  came.wake();
}

function parsed(block) {
  let name = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { name, data: JSON.parse(data.join("\n")) } : null;
}

/** Uploads one file; `onprogress` is told the share that was sent. */
export function upload(file, onprogress) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/documents");
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
    request.onerror = () => reject(new Failure(UNREACHED));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Failure(request.response?.detail || `The server answered with ${request.status}.`, request.response));
    };
    request.send(form);
  });
}
