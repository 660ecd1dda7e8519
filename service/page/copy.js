// Answers as text and as Markdown, for what a journalist writes.

import { day } from "./dom.js";
import { citationsOf } from "./answer.js";

const source = (one) => [one.outlet, one.title && `“${one.title}”`, day(one.published_on), one.url].filter(Boolean).join(", ");
const safe = (text) => text.replace(/[\\`*_[\]<>#|]/g, "\\$&");

function lines(result, mark, note) {
  if (result.kind !== "answer") return [result.text];
  const said = result.claims.map((claim) => `${note(claim.text)} ${claim.citations.map((one) => mark(one.marker)).join("")}`);
  const differ = (result.disagreements || []).flatMap((one) => [
    `${note(one.topic)}:`, ...one.positions.map((side) => `- ${note(side.text)} ${side.citations.map(mark).join("")}`),
  ]);
  return [...said, ...differ];
}

export function asText({ question, result }) {
  const sources = citationsOf(result).map((one) => `[${one.marker}] ${source(one)}: “${one.quote}”`);
  return [question, ...lines(result, (n) => `[${n}]`, (text) => text), ...(sources.length ? ["Sources", ...sources] : [])].join("\n\n");
}

export function asMarkdown({ question, result }) {
  const sources = citationsOf(result).map((one) => `[^${one.marker}]: ${safe(source(one))}: “${safe(one.quote.replace(/\s+/g, " "))}”`);
  return [`**${safe(question)}**`, ...lines(result, (n) => `[^${n}]`, safe), ...sources].join("\n\n");
}

/** Whether the text is now in the clipboard; over plain HTTP from elsewhere, browsers offer only the old way. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
