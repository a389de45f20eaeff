// The one stream of this tab: server-sent events over fetch, which can show a key.
//
// It is opened again after a cut, and then everything comes anew. A tab that nobody sees lets go of it after a while, as
// a browser has few connections for all tabs together.

import { signal, untracked } from "@preact/signals";
import { Refused, request, WORTH_ANOTHER_TRY } from "./server.js";
import { expire } from "./session.js";

const SILENCE_MS = 15_000; // the server gives a sign of life every 5 s
const HIDDEN_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * How the stream stands; `words` say what is wrong.
 * @type {import("@preact/signals").Signal<{state: "opening" | "live" | "lost" | "paused" | "failed", words: string, kind: string}>}
 */
export const connection = signal({ state: "opening", words: "", kind: "" });

let current = /** @type {Stream | null} */ (null);

/**
 * Follows a view in place of the one before.
 * @param {Record<string, string>} query
 * @param {(event: string, found: any) => void} on called with "begin" before everything comes anew
 */
export function follow(query, on) {
  current?.end();
  const opened = (current = new Stream(query, on));
  untracked(() => opened.open()); // an effect that follows is not to run again when the connection changes
}

/** Nothing is followed any more. */
export function unfollow() {
  current?.end();
  current = null;
}

/** Goes on after a pause or a failure. */
export function goOn() {
  current?.open();
}

class Stream {
  /**
   * @param {Record<string, string>} query
   * @param {(event: string, found: any) => void} on
   */
  constructor(query, on) {
    this.query = query;
    this.on = on;
    this.abort = new AbortController();
    this.pauseMs = FIRST_PAUSE_MS;
    this.again = 0;
    this.lost = new Map();
  }

  async open() {
    this.end();
    const abort = (this.abort = new AbortController());
    if (connection.value.state !== "lost") say("opening"); // what was said of the loss stays until something comes
    try {
      const answer = await request("/api/live", this.query, { signal: abort.signal });
      this.on("begin", null);
      this.lost.clear();
      await this.read(/** @type {ReadableStream<Uint8Array>} */ (answer.body), abort);
      if (!abort.signal.aborted && connection.value.state !== "paused") this.tryAgain("The connection was cut.");
    } catch (error) {
      if (abort.signal.aborted && abort.signal.reason !== "silence") return;
      if (error instanceof Refused && !WORTH_ANOTHER_TRY.includes(error.kind)) {
        say("failed", error.message, error.kind);
        if (error.kind === "NoCluster") expire(error.message);
      } else {
        this.tryAgain(error instanceof Refused ? error.message : "The connection was cut.");
      }
    }
  }

  end() {
    clearTimeout(this.again);
    this.abort.abort();
  }

  /** Lets go of the connection, and says so. */
  pause(/** @type {string} */ words) {
    this.end();
    say("paused", words);
  }

  tryAgain(/** @type {string} */ words) {
    say("lost", `${words} What is shown may be old; trying again.`);
    this.again = setTimeout(() => this.open(), this.pauseMs);
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
  }

  /**
   * @param {ReadableStream<Uint8Array>} body
   * @param {AbortController} abort
   */
  async read(body, abort) {
    const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
    let rest = "";
    for (;;) {
      const silence = setTimeout(() => abort.abort("silence"), SILENCE_MS);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = /** @type {string} */ (events.pop());
      for (const event of events) this.heard(event);
    }
  }

  heard(/** @type {string} */ text) {
    const [, name, data] = /^event: (.*)\ndata: (.*)$/s.exec(text) ?? []; // s: texts may have U+2028
    if (!name) return; // a sign of life of our server, whatever the cluster says
    if (name === "server") this.noteServer(JSON.parse(data));
    else if (name === "paused") this.pause("Paused, as newer windows have taken its place.");
    else if (name === "failed") throw failure(JSON.parse(data));
    else {
      this.pauseMs = FIRST_PAUSE_MS;
      if (!this.lost.size && connection.value.state !== "live") say("live");
      this.on(name, JSON.parse(data));
    }
  }

  /** The API server behind our server is lost, or there again. */
  noteServer(/** @type {{of: string, lost: string}} */ { of, lost }) {
    if (lost) this.lost.set(of, lost);
    else this.lost.delete(of);
    const [words] = this.lost.values();
    if (words) say("lost", `The cluster is out of reach: ${words}. What is shown may be old; trying again.`);
    else say("live");
  }
}

function failure(/** @type {{error: string, kind: string}} */ { error, kind }) {
  return new Refused(error, kind);
}

function say(/** @type {"opening" | "live" | "lost" | "paused" | "failed"} */ state, words = "", kind = "") {
  connection.value = { state, words, kind };
}

let hiding = 0;

function noteSight() {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(rest, HIDDEN_MS);
  else if (connection.value.state === "paused") goOn();
}

/** What has ended for good stays as it is shown. */
function rest() {
  if (connection.value.state !== "failed") current?.pause("Paused while nobody looked.");
}

document.addEventListener("visibilitychange", noteSight);
noteSight(); // it may have been opened behind another
