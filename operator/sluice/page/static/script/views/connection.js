// Says when what is shown may be old, and why.

import { html } from "../html.js";
import { connection, goOn } from "../stream.js";

/** What to do, by the kind of the error. */
export const NEXT = /** @type {Record<string, string>} */ ({
  Deleted: "What you see is how it was last.",
  NoCluster: "Get fresh ones, as for kubectl, and start `sluice ui` anew.",
});

export function Connection() {
  const { state, words, kind } = connection.value;
  if (state === "live" || state === "opening") return html`<div class="connection" role="status" data-state=${state}></div>`;
  const again = state === "paused" ? "Go on" : "Try again";
  return html`<div class="connection" role="status" data-state=${state}>
    <span class="words">${words} ${NEXT[kind]}</span>
    ${state !== "lost" && html`<button onClick=${goOn}>${again}</button>`}
  </div>`;
}
