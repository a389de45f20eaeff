// Says when what is shown may be old, and why.

import { html } from "../html.js";
import { connection, goOn } from "../stream.js";

export function Connection() {
  const { state, words, kind } = connection.value;
  if (state === "live" || state === "opening") return html`<div class="connection" role="status" data-state=${state}></div>`;
  const again = state === "paused" ? "Go on" : "Try again";
  return html`<div class="connection" role="status" data-state=${state}>
    <span class="words">${words}${kind === "Deleted" ? " What you see is how it was last." : ""}</span>
    ${state !== "lost" && html`<button onClick=${goOn}>${again}</button>`}
  </div>`;
}
