// The lines of a log, as many as a browser holds well: then the oldest go, and it is said how many.

import { signal } from "@preact/signals";

const MAX_LINES = 200_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;
const AT_ONCE = 1000;

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

  /** The numbers of the lines that have all of the words; all without words. */
  matching(/** @type {string} */ words) {
    const wanted = words.toLowerCase();
    const found = [];
    for (let number = 0; number < this.lines.length; number++) {
      const { label, text } = this.lines[number];
      if (!wanted || text.toLowerCase().includes(wanted) || label.includes(wanted)) found.push(number);
    }
    return found;
  }
}
