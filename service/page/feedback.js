// What a reader reports about a claim; only where the server keeps it.

import { post } from "./api.js";
import { button, el, toast } from "./dom.js";

let can = false;
const VERDICTS = [["not_supported", "Not supported by the quote"], ["wrong_speaker", "Wrong speaker"], ["missing", "Something is missing"]];

export const begin = (optional) => { can = optional.includes("feedback"); };

/** A button that opens three more; null where nothing can be reported. */
export function feedbackOn(claim, index, turn) {
  if (!can) return null;
  const box = el("details", { class: "feedback" }, el("summary", { "aria-label": `Report a fault of claim ${index + 1}` }, "Report"));
  const send = (verdict) => async () => {
    const { id, number } = turn.place();
    try {
      await post("/v1/feedback", { conversation_id: id, turn: number, claim: index, verdict });
      box.replaceWith(el("span", { class: "thanks", role: "status" }, "Reported. Thank you."));
    } catch (error) {
      toast(error.message);
    }
  };
  box.append(el("span", { class: "verdicts" }, VERDICTS.map(([verdict, text]) => button(text, send(verdict)))));
  return box;
}
