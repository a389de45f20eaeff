// The log of the run, or of the task that is chosen, as it comes. Only the lines in sight are drawn.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { address, go, onClick, to } from "../address.js";
import { coloured, plain } from "../ansi.js";
import { Search } from "../log.js";
import { log } from "../run.js";

const LINE_PX = 18;
const AROUND = 20; // lines drawn above and below what is in sight

const search = new Search(log);
const top = signal(0);
const height = signal(600);
const follows = signal(true);
const wraps = signal(false);

export function Logs() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  void log.version.value;
  const [words, wanted] = [address.value.get("q"), address.value.get("line")];
  const found = search.for(words);
  const rows = Math.ceil(height.value / LINE_PX) + 2 * AROUND;
  const first = Math.max(0, Math.min(Math.floor(top.value / LINE_PX) - AROUND, found.count - rows));
  const shown = found.slice(first, first + rows);
  useLayoutEffect(() => {
    if (box.current && follows.value && !wanted) box.current.scrollTop = box.current.scrollHeight;
  });
  useEffect(() => {
    if (box.current) height.value = box.current.clientHeight;
  }, []);
  useEffect(() => {
    if (box.current && wanted) box.current.scrollTop = (found.placeOf(Number(wanted) - 1) - 5) * LINE_PX;
  }, [wanted, found.count > 0]);
  const task = address.value.get("task");
  return html`<div class="tools">
      <input type="search" data-filter placeholder="search" aria-label="Search" value=${words} onInput=${look} />
      <span role="status">${words ? `${found.count} of ${log.lines.length} lines` : `${log.lines.length} lines`}</span>
      ${log.dropped > 0 && html`<span role="alert">the oldest ${log.dropped} lines are not kept</span>`}
      <label><input type="checkbox" checked=${wraps.value} onChange=${() => (wraps.value = !wraps.value)} /> wrap</label>
      <label><input type="checkbox" checked=${follows.value} onChange=${() => (follows.value = !follows.value)} /> follow</label>
      <button onClick=${download}>Download</button>
      ${task && html`<a href=${to({ task: "", item: "" })} onClick=${onClick}>logs of all tasks</a>`}
    </div>
    <div class="log" ref=${box} tabindex="0" role="log" aria-label="Log" data-wrap=${wraps.value} onScroll=${scrolled}>
      <div style=${{ height: `${first * LINE_PX}px` }}></div>
      ${shown.map((number) => html`<${Line} key=${number} number=${number + 1} line=${log.lines[number - log.dropped]} chosen=${wanted} />`)}
      <div style=${{ height: `${Math.max(0, found.count - first - shown.length) * LINE_PX}px` }}></div>
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

function look(/** @type {Event} */ event) {
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
