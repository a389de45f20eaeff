// An answer of `sluice why`.

import { html } from "../html.js";

/** @param {{answer: import("../types").Answer}} properties */
export function Answer({ answer }) {
  return html`<p class="answer">${answer.answer}</p>
    <dl class="facts">${answer.facts.map(({ label, text }) => html`<dt>${label}</dt><dd class="words">${text}</dd>`)}
      ${answer.unseen.map((words) => html`<dt>not seen</dt><dd>${words}</dd>`)}</dl>
    ${answer.commands.map(({ line, effect }) => html`<p class="command"><code>${line}</code> <small>${effect}</small></p>`)}`;
}
