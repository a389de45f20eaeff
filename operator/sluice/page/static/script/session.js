// The key that each request shows. It comes for the token in the address, which counts once; a new tab asks the others.

import { signal } from "@preact/signals";

const SIBLINGS_MS = 300;

/** "" until there is one. */
export const key = signal(sessionStorage.getItem("key") ?? "");
/** Why there is none. */
export const refusal = signal("");

const siblings = new BroadcastChannel("sluice");
siblings.onmessage = ({ data }) => {
  if (data === "key?" && key.value) siblings.postMessage({ key: key.value });
  else if (data.key && !key.value) keep(data.key);
};

/** Gets a key. Without one, `refusal` says why. */
export async function signIn() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    const answer = await fetch("/session", { method: "POST", body: JSON.stringify({ token }) });
    const found = await answer.json();
    if (answer.ok) keep(found.key);
    else refusal.value = found.error;
  }
  if (key.value) return;
  siblings.postMessage("key?");
  await new Promise((resolve) => setTimeout(resolve, SIBLINGS_MS));
  if (!key.value && !refusal.value) refusal.value = "This tab has no key: open the link that `sluice ui` prints.";
}

/** The server does not know the key: it was started anew. */
export function signOut(/** @type {string} */ words) {
  sessionStorage.removeItem("key");
  key.value = "";
  refusal.value = words;
}

function keep(/** @type {string} */ found) {
  key.value = found;
  refusal.value = "";
  sessionStorage.setItem("key", found);
}
