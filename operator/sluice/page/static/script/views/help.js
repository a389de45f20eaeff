// The keys, on "?".

import { html } from "../html.js";
import { helpIsOpen, KEYS } from "../keys.js";
import { Dialog } from "./dialog.js";

export function Help() {
  if (!helpIsOpen.value) return null;
  const close = () => (helpIsOpen.value = false);
  return html`<${Dialog} title="Keys" onClose=${close}>
    <dl class="facts">${KEYS.map(([keys, words]) => html`<dt><kbd>${keys}</kbd></dt><dd>${words}</dd>`)}</dl>
    <div class="buttons"><button onClick=${close}>Close</button></div>
  <//>`;
}
