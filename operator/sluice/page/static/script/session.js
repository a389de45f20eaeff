// What each request shows, so that the server knows who asks. On one's own machine it is a key, which comes for the token
// in the address, or from another tab. In a cluster it is a token that somebody has entered, or nothing: then a proxy in
// front adds it.

import { signal } from "@preact/signals";

const SIBLINGS_MS = 300;
const AGAIN_MS = 1000;

/** How far we are: `refused` without a key, `form` without a token. @type {import("@preact/signals").Signal<"starting" | "in" | "refused" | "form">} */
export const state = signal("starting");
/** What went wrong. */
export const refusal = signal("");

let key = sessionStorage.getItem("key") ?? "";
let byToken = false;

/** The headers of a request. @returns {Record<string, string>} */
export function shown() {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

const siblings = new BroadcastChannel("sluice");
siblings.onmessage = ({ data }) => {
  if (data === "key?" && key) siblings.postMessage({ key });
  else if (data.key && !key) keep(data.key);
};

// A fresh link into a tab that is open: the browser itself would not load the page for that.
addEventListener("hashchange", () => location.hash.startsWith("#token=") && location.reload());

/** Signs in as far as that goes without asking anybody. */
export async function signIn() {
  const { found: session } = await persistently("GET");
  const { by } = session;
  byToken = by === "token";
  refusal.value = "";
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    const { ok, found } = await persistently("POST", JSON.stringify({ token }));
    if (ok) keep(found.key);
    refusal.value = ok ? "" : found.error;
  }
  if (!key) {
    siblings.postMessage("key?");
    await new Promise((resolve) => setTimeout(resolve, SIBLINGS_MS));
  }
  if (key || byToken) state.value = "in";
  else signOut(refusal.value || "This tab has no key: open the link that `sluice ui` prints.");
}

/** Asks about the session until our server answers, and no proxy in its place. @param {string} method @param {string} [body] */
async function persistently(method, body) {
  for (;;) {
    try {
      const answer = await fetch("/session", { method, body });
      return { ok: answer.ok, found: await answer.json() };
    } catch {
      refusal.value = "The page's server does not answer; trying again. Does `sluice ui` still run?";
      state.value = "refused";
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** With a token that somebody has entered. */
export function signInWith(/** @type {string} */ token) {
  const entered = token.trim();
  if (/^[\x21-\x7e]+$/.test(entered)) keep(entered);
  else refusal.value = "This is no token: something in it was lost or added. Copy it again, as a whole.";
}

/** What was shown is not accepted, or not any more. */
export function signOut(/** @type {string} */ words) {
  const entered = key !== "";
  sessionStorage.removeItem("key");
  key = "";
  refusal.value = byToken && !entered ? "" : words;
  state.value = byToken ? "form" : "refused";
}

/** The cluster does not accept, or not any more, what was shown. On one's own machine that is the kubeconfig's affair. */
export function expire(/** @type {string} */ words) {
  if (byToken) signOut(words);
}

function keep(/** @type {string} */ found) {
  key = found;
  refusal.value = "";
  sessionStorage.setItem("key", found);
  state.value = "in";
}
