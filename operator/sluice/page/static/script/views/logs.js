// The log of the run, or of the task that is chosen, as it comes. Only the lines in sight are drawn.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { address, go, onClick, to } from "../address.js";
import { coloured, plain } from "../ansi.js";
import { log } from "../run.js";

const LINE_PX = 18;
const AROUND = 20; // lines drawn above and below what is in sight

const top = signal(0);
const height = signal(600);
const follows = signal(true);
const wraps = signal(false);

export function Logs() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  void log.version.value;
  const [words, wanted] = [address.value.get("q"), address.value.get("line")];
  const numbers = log.matching(words);
  const first = Math.max(0, Math.floor(top.value / LINE_PX) - AROUND);
  const shown = numbers.slice(first, Math.ceil((top.value + height.value) / LINE_PX) + AROUND);
  useLayoutEffect(() => {
    if (box.current && follows.value && !wanted) box.current.scrollTop = box.current.scrollHeight;
  });
  useEffect(() => {
    if (box.current) height.value = box.current.clientHeight;
  }, []);
  useEffect(() => {
    if (box.current && wanted) box.current.scrollTop = (numbers.indexOf(Number(wanted) - log.dropped - 1) - 5) * LINE_PX;
  }, [wanted, numbers.length > 0]);
  const task = address.value.get("task");
  return html`<div class="tools">
      <input type="search" data-filter placeholder="search" aria-label="Search" value=${words} onInput=${search} />
      <span role="status">${words ? `${numbers.length} of ${log.lines.length} lines` : `${log.lines.length} lines`}</span>
      ${log.dropped > 0 && html`<span role="alert">the oldest ${log.dropped} lines are not kept</span>`}
      <label><input type="checkbox" checked=${wraps.value} onChange=${() => (wraps.value = !wraps.value)} /> wrap</label>
      <label><input type="checkbox" checked=${follows.value} onChange=${() => (follows.value = !follows.value)} /> follow</label>
      <button onClick=${download}>Download</button>
      ${task && html`<a href=${to({ task: "", item: "" })} onClick=${onClick}>logs of all tasks</a>`}
    </div>
    <div class="log" ref=${box} tabindex="0" role="log" aria-label="Log" data-wrap=${wraps.value} onScroll=${scrolled}>
      <div style=${{ height: `${first * LINE_PX}px` }}></div>
      ${shown.map((number) => html`<${Line} key=${number + log.dropped} number=${number + log.dropped + 1} line=${log.lines[number]} chosen=${wanted} />`)}
      <div style=${{ height: `${Math.max(0, numbers.length - first - shown.length) * LINE_PX}px` }}></div>
    </div>`;
}

/** @param {{number: number, line: import("../log.js").Line, chosen: string}} properties */
function Line({ number, line, chosen }) {
  return html`<div class="line" aria-current=${chosen === String(number) ? "true" : null}>
    <a class="number" href=${to({ line: String(number) })} title=${line.time} onClick=${onClick}>${number}</a>
    <span class="label">${line.label}</span>
    <span class="text">${coloured(line.text).map(({ text, colour }) => html`<span data-colour=${colour || null}>${text}</span>`)}</span>
  </div>`;
}

function scrolled(/** @type {Event} */ event) {
  const box = /** @type {HTMLElement} */ (event.currentTarget);
  top.value = box.scrollTop;
  height.value = box.clientHeight;
  follows.value = box.scrollTop + box.clientHeight >= box.scrollHeight - LINE_PX;
}

function search(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value, line: "" }), true);
}

function download() {
  const text = log.lines.map(({ label, text }) => `${label} │ ${plain(text)}\n`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(text, { type: "text/plain" }));
  link.download = `${address.value.get("run")}.log`;
  link.click();
  URL.revokeObjectURL(link.href);
}
