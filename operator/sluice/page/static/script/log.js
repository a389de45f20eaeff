// The lines of a log, as many as a browser holds well: then the oldest go, and it is said how many.

import { signal } from "@preact/signals";

const MAX_LINES = 500_000;
const MAX_CHARACTERS = 128 * 1024 * 1024;
const AT_ONCE = 10_000;

/** @typedef {{label: string, time: string, text: string}} Line */

export class Log {
  constructor() {
    /** Changes with each change of the log. */
    this.version = signal(0);
    /** @type {Line[]} */
    this.lines = [];
    /** How many lines are not kept any more. */
    this.dropped = 0;
    this.characters = 0;
    /** The line of each label that has not ended. @type {Map<string, Line>} */
    this.open = new Map();
  }

  clear() {
    this.lines = [];
    this.dropped = this.characters = 0;
    this.open.clear();
    this.version.value += 1;
  }

  add(/** @type {import("./types").Piece[]} */ pieces) {
    for (const [label, time, text, first, last] of pieces) {
      const open = first ? undefined : this.open.get(label);
      const line = open ?? { label, time, text: "" };
      line.text += text;
      this.characters += text.length;
      if (!open) this.lines.push(line);
      if (last) this.open.delete(label);
      else this.open.set(label, line);
    }
    while (this.lines.length > MAX_LINES || this.characters > MAX_CHARACTERS) {
      const gone = this.lines.splice(0, AT_ONCE);
      this.dropped += gone.length;
      this.characters -= gone.reduce((sum, { text }) => sum + text.length, 0);
    }
    this.version.value += 1;
  }
}

/** The lines in which words are found; without words all. What was looked through is not looked through again. */
export class Search {
  constructor(/** @type {Log} */ log) {
    this.log = log;
    this.words = "";
    /** Numbers of lines, counted from the first that ever came. @type {number[]} */
    this.found = [];
    this.next = 0;
  }

  for(/** @type {string} */ words) {
    const wanted = words.toLowerCase();
    const { dropped, lines } = this.log;
    if (wanted !== this.words || this.next > dropped + lines.length) {
      this.words = wanted;
      this.found = [];
      this.next = 0;
    }
    if (!wanted) return this;
    this.found = this.found[0] < dropped ? this.found.filter((number) => number >= dropped) : this.found;
    for (this.next = Math.max(this.next, dropped); this.next < dropped + lines.length; this.next++) {
      const { label, text } = lines[this.next - dropped];
      if (text.toLowerCase().includes(wanted) || label.includes(wanted)) this.found.push(this.next);
    }
    return this;
  }

  get count() {
    return this.words ? this.found.length : this.log.lines.length;
  }

  /** The numbers of some of them. */
  slice(/** @type {number} */ first, /** @type {number} */ end) {
    if (this.words) return this.found.slice(first, end);
    const numbers = [];
    for (let at = first; at < Math.min(end, this.count); at++) numbers.push(this.log.dropped + at);
    return numbers;
  }

  /** The place among them of the line with that number; -1 if it is not there. */
  placeOf(/** @type {number} */ number) {
    return this.words ? this.found.indexOf(number) : number - this.log.dropped;
  }
}
