// The log of the run, or of the task that is chosen, as it comes. Only the lines in sight are drawn.
//
// The scrollbar goes by the lines' numbers, not by their heights: no browser draws an element as high as a million lines,
// and wrapped lines have heights that nobody knows before they are drawn.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { address, go, onClick, to } from "../address.js";
import { coloured } from "../ansi.js";
import { Search } from "../log.js";
import { log } from "../run.js";
import { send } from "../server.js";
import { namespace } from "../who.js";

const LINE_PX = 18;
const HIGHEST_PX = 8_000_000;
const ABOVE = 5; // lines in sight above one that the address names

const search = new Search(log);
/** The number of the uppermost line in sight. */
const uppermost = signal(0);
const height = signal(600);
const follows = signal(true);
const wraps = signal(false);
const refused = signal("");

export function Logs() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  void log.version.value;
  const [words, wanted] = [address.value.get("q"), address.value.get("line")];
  const found = search.for(words);
  const rows = Math.floor(height.value / LINE_PX);
  const most = Math.max(0, found.count - (wraps.value ? 1 : rows));
  const top = follows.value ? most : Math.min(found.placeOf(uppermost.value), most);
  const shown = follows.value ? found.slice(Math.max(0, found.count - rows - 1), found.count) : found.slice(top, top + rows + 1);
  const scrolls = Math.min(most * LINE_PX, HIGHEST_PX); // how far, in pixels
  const placeAt = (/** @type {number} */ px) => (scrolls ? Math.round((px / scrolls) * most) : 0);

  useLayoutEffect(() => {
    if (box.current && placeAt(box.current.scrollTop) !== top) box.current.scrollTop = (top / most) * scrolls;
  });
  useEffect(() => {
    if (box.current) height.value = box.current.clientHeight;
  }, []);
  useEffect(() => {
    if (wanted) goTo(Number(wanted) - 1 - ABOVE);
  }, [wanted]);

  const onScroll = () => {
    if (!box.current) return;
    height.value = box.current.clientHeight;
    const place = placeAt(box.current.scrollTop);
    if (place !== top) goTo(found.slice(place, place + 1)[0], place >= most);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: rows - 1, PageUp: 1 - rows });
    const place = Math.min(Math.max(0, top + steps[event.key]), most);
    if (!(event.key in steps) || !found.count) return;
    event.preventDefault();
    goTo(found.slice(place, place + 1)[0], place >= most);
  };

  const task = address.value.get("task");
  const count = log.end - log.dropped;
  return html`<div class="tools">
      <input type="search" data-filter placeholder="search" aria-label="Search" value=${words} onInput=${look} />
      <span role="status">${words ? `${found.count} of ${count} lines` : `${count} lines`}</span>
      ${log.dropped > 0 && html`<span role="alert">the oldest ${log.dropped} lines are not kept</span>`}
      <label><input type="checkbox" checked=${wraps.value} onChange=${() => (wraps.value = !wraps.value)} /> wrap</label>
      <label><input type="checkbox" checked=${follows.value} onChange=${() => (follows.value = !follows.value)} /> follow</label>
      <button onClick=${download}>Download</button>
      ${refused.value && html`<span role="alert" class="words error">${refused.value}</span>`}
      ${task && html`<a href=${to({ task: "", item: "" })} onClick=${onClick}>logs of all tasks</a>`}
    </div>
    <div class="log" ref=${box} tabindex="0" role="log" aria-label="Log" data-wrap=${wraps.value} data-follows=${follows.value && most > 0}
        onScroll=${onScroll} onKeyDown=${onKeyDown}>
      <div class="rows">
        ${shown.map((number) => html`<${Line} key=${number} number=${number + 1} line=${log.line(number)} chosen=${wanted} />`)}
      </div>
      <div style=${{ height: `${scrolls}px` }}></div>
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

/** Shows the line at the top, or, at the end, those that come. */
function goTo(/** @type {number} */ number, atTheEnd = false) {
  uppermost.value = Math.max(0, number);
  follows.value = atTheEnd;
}

function look(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value, line: "" }), true);
}

/** All of it, as the server has it, straight into a file. */
async function download() {
  const { get } = address.value;
  const query = { namespace: namespace.value, name: get("run"), logs: get("task"), item: get("item") };
  try {
    const link = document.createElement("a");
    link.href = (await send("/api/download", query, {})).address;
    link.download = "";
    link.click();
    refused.value = "";
  } catch (error) {
    refused.value = /** @type {Error} */ (error).message;
  }
}
