// The lines of a log, as many as a browser holds well: then the oldest go, and it is said how many.
//
// A string for each of a million lines would be several times as large as they are. So their bytes stand in chunks, and a
// line becomes a string when it is shown. A newline follows each: nothing is found across two lines.

import { signal } from "@preact/signals";

const MAX_LINES = 1_000_000;
const MAX_BYTES = 128 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const CHUNK_LINES = 10_000;
const NEWLINE = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** A character for each byte, so that places in the text are places in the bytes. */
const bytewise = new TextDecoder("windows-1252");

/** @typedef {{label: string, time: string, text: string}} Line */

class Chunk {
  constructor(/** @type {number} */ first, /** @type {number} */ size) {
    /** The number of its first line. */
    this.first = first;
    this.bytes = new Uint8Array(size);
    this.used = 0;
    /** Where each line begins. @type {number[]} */
    this.starts = [];
    /** The number of its label. @type {number[]} */
    this.labels = [];
    /** In ms since 1970, or NaN. @type {number[]} */
    this.times = [];
  }

  /** The number after that of its last line. */
  get end() {
    return this.first + this.starts.length;
  }

  hasRoom(/** @type {number} */ size) {
    return this.used + size <= this.bytes.length && this.starts.length < CHUNK_LINES;
  }

  add(/** @type {number} */ label, /** @type {number} */ time, /** @type {Uint8Array} */ text) {
    this.starts.push(this.used);
    this.labels.push(label);
    this.times.push(time);
    this.bytes.set(text, this.used);
    this.used += text.length;
    this.bytes[this.used++] = NEWLINE;
  }

  /** Where the line ends, its newline included. */
  endOf(/** @type {number} */ at) {
    return this.starts[at + 1] ?? this.used;
  }
}

export class Log {
  constructor() {
    /** Changes with each change of the log. */
    this.version = signal(0);
    /** @type {Chunk[]} */
    this.chunks = [];
    this.bytes = 0;
    /** @type {string[]} */
    this.labels = [];
    this.numbers = new Map();
    /** How often. */
    this.cleared = 0;
  }

  clear() {
    this.cleared += 1;
    this.chunks = [];
    this.bytes = 0;
    this.labels = [];
    this.numbers.clear();
    this.version.value += 1;
  }

  /** How many lines are not kept any more: the number of the first that is. */
  get dropped() {
    return this.chunks[0]?.first ?? 0;
  }

  /** The number after that of the last line. */
  get end() {
    return this.chunks.at(-1)?.end ?? 0;
  }

  add(/** @type {import("./types").Piece[]} */ pieces) {
    for (const [label, time, text] of pieces) {
      const bytes = encoder.encode(text);
      this.chunkWithRoom(bytes.length + 1).add(this.numberOf(label), Date.parse(time), bytes);
    }
    while (this.end - this.dropped > MAX_LINES || this.bytes > MAX_BYTES) {
      this.bytes -= /** @type {Chunk} */ (this.chunks.shift()).bytes.length;
    }
    this.version.value += 1;
  }

  /** @returns {Line} */
  line(/** @type {number} */ number) {
    const chunk = this.chunks[lowerBound(this.chunks.length, (at) => this.chunks[at].end > number)];
    const at = number - chunk.first;
    return {
      label: this.labels[chunk.labels[at]],
      time: Number.isNaN(chunk.times[at]) ? "" : new Date(chunk.times[at]).toISOString(),
      text: decoder.decode(chunk.bytes.subarray(chunk.starts[at], chunk.endOf(at) - 1)),
    };
  }

  chunkWithRoom(/** @type {number} */ size) {
    const last = this.chunks.at(-1);
    if (last?.hasRoom(size)) return last;
    const chunk = new Chunk(this.end, Math.max(size, CHUNK_BYTES));
    this.chunks.push(chunk);
    this.bytes += chunk.bytes.length;
    return chunk;
  }

  numberOf(/** @type {string} */ label) {
    const known = this.numbers.get(label);
    if (known !== undefined) return known;
    this.numbers.set(label, this.labels.length);
    return this.labels.push(label) - 1;
  }
}

/**
 * The lines in which words are found; without words all. Upper and lower case are the same in words of ASCII. What was
 * looked through is not looked through again.
 */
export class Search {
  constructor(/** @type {Log} */ log) {
    this.log = log;
    this.words = "";
    this.pattern = /$/g;
    /** Of the labels in which the words are found. @type {Set<number>} */
    this.labels = new Set();
    /** The lines. @type {number[]} */
    this.found = [];
    this.next = 0;
    this.cleared = log.cleared;
  }

  for(/** @type {string} */ words) {
    const { dropped, end, chunks, labels } = this.log;
    if (words !== this.words || this.cleared !== this.log.cleared) {
      this.words = words;
      this.cleared = this.log.cleared;
      this.pattern = patternOf(words);
      this.found = [];
      this.next = 0;
    }
    if (!words) return this;
    if (this.found[0] < dropped) this.found = this.found.slice(this.placeOf(dropped));
    this.labels = new Set(labels.flatMap((label, number) => (label.includes(words.toLowerCase()) ? [number] : [])));
    for (const chunk of chunks) if (chunk.end > this.next) this.lookThrough(chunk, Math.max(0, this.next - chunk.first));
    this.next = end;
    return this;
  }

  get count() {
    return this.words ? this.found.length : this.log.end - this.log.dropped;
  }

  /** The numbers of some of them. */
  slice(/** @type {number} */ first, /** @type {number} */ end) {
    if (this.words) return this.found.slice(first, end);
    return Array.from({ length: Math.max(0, Math.min(end, this.count) - first) }, (_, at) => this.log.dropped + first + at);
  }

  /** The place among them of the line with that number, or of the next one that is there. */
  placeOf(/** @type {number} */ number) {
    if (this.words) return lowerBound(this.found.length, (at) => this.found[at] >= number);
    return Math.max(0, number - this.log.dropped);
  }

  /** @param {Chunk} chunk @param {number} from the place of the first line that is new in it */
  lookThrough(chunk, from) {
    const begin = chunk.starts[from];
    const text = bytewise.decode(chunk.bytes.subarray(begin, chunk.used));
    this.pattern.lastIndex = 0;
    let match = this.pattern.exec(text);
    for (let at = from; at < chunk.starts.length; at++) {
      const end = chunk.endOf(at) - begin;
      const isIn = match !== null && match.index < end;
      if (isIn || this.labels.has(chunk.labels[at])) this.found.push(chunk.first + at);
      if (!isIn) continue;
      this.pattern.lastIndex = end;
      match = this.pattern.exec(text);
    }
  }
}

/** Of the bytes of words. */
function patternOf(/** @type {string} */ words) {
  const bytes = bytewise.decode(encoder.encode(words));
  return new RegExp(bytes.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), bytes === words ? "gi" : "g");
}

/** The first of so many places from which on something is so; their number if there is none. @param {number} count @param {(at: number) => boolean} isSo */
function lowerBound(count, isSo) {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
