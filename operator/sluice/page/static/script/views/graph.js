// The graph of the run: the same layout as `sluice graph`, with how each task stands. A folded box opens on a click.

import { signal, useSignalEffect } from "@preact/signals";
import { Component } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { address, go, to } from "../address.js";
import { counted, statesOf } from "../items.js";
import { graph, inside, longestWay, replaced, tasks } from "../run.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { sign, took } from "../words.js";
import { fit, moves, onClickCapture, onPointerDown, onPointerMove, onWheel, view, zoom } from "../zoom.js";

const CELL_PX = 6;
const PADDING_PX = 6;
const TEXT_PX = 16;
const CHARACTER_PX = 7;
/** Of a folded box, the first of these that one of its tasks is in. */
const WORST = ["Failed", "UpstreamFailed", "Stopped", "Running", "Pending", "Waiting", "Skipped", "Succeeded"];

/** @typedef {import("../types").Picture} Picture */
/** @typedef {typeof tasks.value[number]} Standing */

/** @type {import("@preact/signals").Signal<{picture: Picture | null, error: string}>} */
const drawn = signal({ picture: null, error: "" });

export function Graph() {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useSignalEffect(() => {
    void graph.value; // asked for at once, and again if it was not frozen then
    look(namespace.value, address.value.get("run"), address.value.get("open"), address.value.get("inside"), inside(), sizes(), String(replaced.value));
  });
  useEffect(() => forget, []);
  const { picture, error } = drawn.value;
  useEffect(() => {
    if (picture) fit(box.current, picture);
  }, [picture]);
  useEffect(() => {
    box.current?.addEventListener("wheel", onWheel, { passive: false });
  }, [picture !== null]);
  if (error) return html`<p class=${graph.value ? "words error" : "words"}>${error}</p>`;
  if (!picture) return html`<p>Drawing…</p>`;
  return html`<div class="tools">
      <input type="search" data-filter placeholder="find a task" aria-label="Find" value=${address.value.get("q")} onInput=${find} />
      <button onClick=${() => zoom(1.25)} aria-label="Larger">+</button>
      <button onClick=${() => zoom(0.8)} aria-label="Smaller">−</button>
      <button onClick=${() => fit(box.current, picture)}>Fit</button>
      ${(address.value.get("open") || address.value.get("inside")) && html`<button onClick=${() => go(to({ open: "", inside: "" }))}>Fold again</button>`}
      <small>${tasks.value.length} tasks in ${picture.boxes.length} boxes; bold: the longest way</small>
    </div>
    <div class="graph" ref=${box} onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onClickCapture=${onClickCapture}><${Drawing} picture=${picture} /></div>`;
}

/** How many items each fan-out has: a picture is made anew once that is known. */
function sizes() {
  const sizes = tasks.value.map(({ entry }) => entry?.items?.total ?? 0);
  return sizes.some(Boolean) ? sizes.join() : "";
}

/** What was asked for, and what was known of the graph then. */
let last = "";
let known = graph.peek();
let asking = false;

function forget() {
  last = "";
  drawn.value = { picture: null, error: "" };
}

/** @param {string[]} what */
async function look(...what) {
  const wanted = JSON.stringify(what);
  if (wanted === last && (asking || drawn.peek().picture || known === graph.peek())) return;
  last = wanted;
  known = graph.peek();
  asking = true;
  const [namespace, name, opened, inside] = what;
  const found = await ask("/api/graph", { namespace, name, opened, inside }).then(
    (picture) => ({ picture, error: "" }),
    (error) => ({ picture: null, error: error.message }),
  );
  if (wanted !== last) return;
  asking = false;
  drawn.value = found;
  if (found.error) look(...what); // it may have been frozen in between
}

/** @param {{picture: Picture}} properties */
function Drawing({ picture }) {
  const { x, y, scale } = view.value;
  return html`<svg role="group" aria-label="Graph" data-moves=${moves.value} data-list>
    <g transform=${`translate(${x} ${y}) scale(${scale})`}>
      <${Lines} picture=${picture} />
      <${Chosen} picture=${picture} />
      <${Boxes} picture=${picture} />
    </g>
  </svg>`;
}

/** Drawn once. */
class Lines extends Component {
  shouldComponentUpdate(/** @type {any} */ next) {
    return next.picture !== this.props.picture;
  }

  render(/** @type {any} */ { picture }) {
    const { paths, frames, joints } = /** @type {Picture} */ (picture);
    return html`<g class="lines">
      ${frames.map(({ label, ...place }) => html`<rect class="frame" rx="6" ...${place} />${label && html`<text class="faint" x=${place.x + 6} y=${place.y + 13}>${label}</text>`}`)}
      ${paths.map(({ whole, path }) => html`<path d=${path} stroke-dasharray=${whole ? null : "2 3"} />`)}
      ${joints.map(({ x, y }) => html`<circle cx=${x} cy=${y} r="2.5" />`)}
    </g>`;
  }
}

/** The lines of the task that is chosen, those as well that others imply. @param {{picture: Picture}} properties */
function Chosen({ picture }) {
  const task = address.value.get("task");
  const key = picture.boxes.find((box) => box.tasks.includes(task))?.key;
  if (!key) return null;
  const places = new Map(picture.boxes.map((box) => [box.key, box]));
  const implied = picture.implied.filter((edge) => edge.includes(key)).map(([source, target]) => straight(places.get(source), places.get(target)));
  const drawn = picture.lines.filter(({ source, target }) => source === key || target === key).map(({ path }) => path);
  return html`<path class="chosen" d=${drawn.join(" ")} /><path class="chosen" stroke-dasharray="4 3" d=${implied.join(" ")} />`;
}

/** @param {import("../types").Box | undefined} source @param {import("../types").Box | undefined} target */
function straight(source, target) {
  if (!source || !target) return "";
  return `M${source.x + source.width} ${source.y + source.height / 2}L${target.x} ${target.y + target.height / 2}`;
}

/** @param {{picture: Picture}} properties */
function Boxes({ picture }) {
  const known = new Map(tasks.value.map((task) => [task.name, task]));
  const way = longestWay.value;
  const words = address.value.get("q").toLowerCase();
  const chosen = address.value.get("task");
  return picture.boxes.map((box) => {
    const inside = box.tasks.map((name) => known.get(name)).filter((task) => task !== undefined);
    return html`<${BoxOf} key=${box.key} box=${box} inside=${inside} longest=${box.tasks.some((name) => way.has(name))}
      faint=${words !== "" && !box.tasks.some((name) => name.includes(words))} chosen=${box.tasks.includes(chosen)} />`;
  });
}

/** @param {{box: import("../types").Box, inside: Standing[], longest: boolean, faint: boolean, chosen: boolean}} properties */
function BoxOf({ box, inside, longest, faint, chosen }) {
  const states = inside.map(({ state }) => state);
  const state = WORST.find((each) => states.includes(each)) ?? "Waiting";
  const folded = box.tasks.length > 1;
  const words = folded ? counted(states) : told(inside[0]);
  const cells = folded ? states : statesOf(inside[0]?.entry?.items);
  const choose = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (folded) go(to({ open: [...address.value.get("open").split("\n"), box.key].filter(Boolean).join("\n") }));
    else go(to({ task: box.key, item: "" }));
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && choose(event);
  const most = Math.floor((box.width - 2 * PADDING_PX) / CHARACTER_PX);
  const [label, line] = [cut(box.label, most - 2), cut(words, most + 2)];
  const title = `${box.label} ${words}${words.includes(state) ? "" : `, ${state}`}`;
  const name = label === box.label && line === words ? title : `${label} ${line}: ${title}`; // begins with what is seen
  return html`<g class="box" data-state=${state} data-longest=${longest} data-faint=${faint} data-chosen=${chosen} data-row tabindex="0" role="button"
      aria-label=${name} transform=${`translate(${box.x} ${box.y})`} onClick=${choose} onKeyDown=${onKeyDown}>
    <title>${title}</title>
    <rect width=${box.width} height=${box.height} rx="4" />
    <text class="sign" aria-hidden="true" x=${PADDING_PX} y=${TEXT_PX + 2}>${sign(state)}</text>
    <text x=${PADDING_PX + TEXT_PX} y=${TEXT_PX + 2}>${label}</text>${" "}
    <text class="faint" aria-hidden="true" x=${PADDING_PX} y=${2 * TEXT_PX}>${line}</text>
    <${Cells} states=${cells} box=${box} />
  </g>`;
}

/** How a single task stands, after the sign: `Running 3s`, `8s` of one that succeeded, or why it does not run. @param {Standing | undefined} task */
function told(task) {
  if (!task) return "";
  const { entry, state } = task;
  const waits = state === "Waiting" || state === "Pending";
  const why = waits ? entry?.reason?.replace("WaitingFor: ", "for ") : entry?.progress;
  const word = (waits && why) || state === "Succeeded" ? "" : state;
  return [word, why, entry ? took(entry) : ""].filter(Boolean).join(" ");
}

/** A square for each task of a folded box, or each item: a path for each state. @param {{states: string[], box: import("../types").Box}} properties */
function Cells({ states, box }) {
  if (states.length < 2 || !box.cellsPerRow) return null;
  const size = Math.min(CELL_PX, (box.width - 2 * PADDING_PX) / box.cellsPerRow);
  const top = 2 * TEXT_PX + PADDING_PX;
  const paths = /** @type {Map<string, string[]>} */ (new Map());
  states.forEach((state, index) => {
    const x = PADDING_PX + (index % box.cellsPerRow) * size;
    const y = top + Math.floor(index / box.cellsPerRow) * CELL_PX;
    if (!paths.has(state)) paths.set(state, []);
    paths.get(state)?.push(`M${x} ${y}h${size * 0.85}v${CELL_PX * 0.85}h-${size * 0.85}z`);
  });
  return [...paths].map(([state, parts]) => html`<path class="cells" data-state=${state} d=${parts.join("")} />`);
}

function cut(/** @type {string} */ text, /** @type {number} */ most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function find(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}
