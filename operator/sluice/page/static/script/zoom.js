// Moving and zooming a picture: by wheel, by dragging, and to fit. While it moves, only what is cheap to draw is drawn.

import { signal } from "@preact/signals";

const STILL_MS = 150;
const SMALLEST = 0.02;
const LARGEST = 4;
const DRAG_PX = 4; // a hand that clicks is not quite still

/** What of the picture is in sight. */
export const view = signal({ x: 0, y: 0, scale: 1 });
export const moves = signal(false);

let stops = 0;

function show(/** @type {{x: number, y: number, scale: number}} */ next) {
  view.value = next;
  moves.value = true;
  clearTimeout(stops);
  stops = setTimeout(() => (moves.value = false), STILL_MS);
}

/** All of it, but no larger than it is. */
export function fit(/** @type {Element | null} */ box, /** @type {{width: number, height: number}} */ picture) {
  if (!box) return;
  const scale = Math.min(1, box.clientWidth / picture.width, box.clientHeight / picture.height);
  view.value = { x: (box.clientWidth - picture.width * scale) / 2, y: 0, scale };
}

/** Around a point of the box, which stays where it is. */
export function zoom(/** @type {number} */ factor, x = 0, y = 0) {
  const before = view.value;
  const scale = Math.min(LARGEST, Math.max(SMALLEST, before.scale * factor));
  const ratio = scale / before.scale;
  show({ x: x - (x - before.x) * ratio, y: y - (y - before.y) * ratio, scale });
}

export function onWheel(/** @type {WheelEvent} */ event) {
  event.preventDefault();
  const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
}

/** How far the pointer has gone since it was pressed. */
let draggedPx = 0;

export function onPointerDown() {
  draggedPx = 0;
}

/** The end of a drag is no click on what is below. */
export function onClickCapture(/** @type {MouseEvent} */ event) {
  if (draggedPx > DRAG_PX) event.stopPropagation();
}

export function onPointerMove(/** @type {PointerEvent} */ event) {
  if (event.buttons !== 1) return;
  draggedPx += Math.abs(event.movementX) + Math.abs(event.movementY);
  const { x, y, scale } = view.value;
  show({ x: x + event.movementX, y: y + event.movementY, scale });
}
