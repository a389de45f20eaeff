// The items of a fan-out as one picture, a square each. A click or the arrow keys choose one.

import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { address, go, to } from "../address.js";
import { counted, statesOf } from "../items.js";

/** @param {{items: Record<string, any>}} properties */
export function Mosaic({ items }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const states = statesOf(items);
  const columns = Math.max(1, Math.ceil(Math.sqrt(states.length * 2)));
  const item = address.value.get("item");
  const chosen = item ? Number(item) : -1;
  useEffect(() => draw(canvas.current, states, columns, chosen));
  const choose = (/** @type {number} */ index) => {
    if (index >= 0 && index < states.length) go(to({ item: String(index) }), chosen >= 0);
  };
  const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns });
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    choose(chosen < 0 ? 0 : chosen + steps[event.key]);
  };
  const onClick = (/** @type {MouseEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const size = box.width / columns;
    choose(Math.floor((event.clientY - box.top) / size) * columns + Math.floor((event.clientX - box.left) / size));
  };
  return html`<canvas class="mosaic" ref=${canvas} tabindex="0" role="img" aria-label=${`${states.length} items: ${counted(states)}`}
      onKeyDown=${onKeyDown} onClick=${onClick}></canvas>
    <p aria-live="polite">${chosen >= 0 && chosen < states.length ? `item ${chosen}: ${states[chosen]}` : counted(states)}</p>`;
}

/**
 * A pixel an item: the browser makes them larger.
 * @param {HTMLCanvasElement | null} canvas
 * @param {string[]} states
 * @param {number} columns
 * @param {number} chosen
 */
function draw(canvas, states, columns, chosen) {
  const context = canvas?.getContext("2d");
  if (!canvas || !context || !states.length) return;
  canvas.width = columns;
  canvas.height = Math.ceil(states.length / columns);
  const colours = new Map([...new Set(states), ""].map((state) => [state, colourOf(canvas, state)]));
  states.forEach((state, index) => {
    context.fillStyle = colours.get(index === chosen ? "" : state) ?? "";
    context.fillRect(index % columns, Math.floor(index / columns), 1, 1);
  });
}

/** As the style sheet has it, in light or in dark; of "" that of text. @param {HTMLCanvasElement} canvas @param {string} state */
function colourOf(canvas, state) {
  canvas.style.color = state && `var(--${state.toLowerCase()})`;
  const { color } = getComputedStyle(canvas);
  canvas.style.color = "";
  return color;
}
