// The page from its start: a key, who we are, then the view that the address names.

import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { html } from "./html.js";
import { address } from "./address.js";
import { onKey } from "./keys.js";
import { ask, Refused, WORTH_ANOTHER_TRY } from "./server.js";
import { signIn, state } from "./session.js";
import { unfollow } from "./stream.js";
import { whoFailed, who } from "./who.js";
import { ActionDialog } from "./views/action.js";
import { BackfillView } from "./views/backfill.js";
import { Backfills } from "./views/backfills.js";
import { Connection, NEXT } from "./views/connection.js";
import { Head } from "./views/head.js";
import { Help } from "./views/help.js";
import { Pools } from "./views/pools.js";
import { RunView } from "./views/run.js";
import { Runs } from "./views/runs.js";
import { SignIn } from "./views/signin.js";
import { WorkflowView } from "./views/workflow.js";
import { Workflows } from "./views/workflows.js";

const AGAIN_MS = 1000;

function Page() {
  if (state.value === "starting") return null;
  if (state.value !== "in") return html`<${SignIn} />`;
  if (whoFailed.value) return html`<main class="alone"><h1>Sluice</h1><${Trouble} error=${whoFailed.value} /></main>`;
  if (!who.value) return html`<main class="alone"><p>Asking the cluster…</p></main>`;
  return html`<${Head} /><${Connection} /><${View} /><${ActionDialog} /><${Help} />`;
}

function Trouble(/** @type {{error: Refused}} */ { error }) {
  return html`<p role="alert" class="words">${error.message}</p>
    <p>${NEXT[error.kind]}</p>
    <button onClick=${getToKnow}>Try again</button>`;
}

function View() {
  const [ns, run, workflow, backfill] = ["ns", "run", "workflow", "backfill"].map(address.value.get);
  document.title = [run || workflow || backfill, "Sluice"].filter(Boolean).join(" · ");
  if (run) return html`<${RunView} key=${`${ns}/${run}`} />`;
  if (workflow) return html`<${WorkflowView} key=${`${ns}/${workflow}`} />`;
  if (backfill) return html`<${BackfillView} key=${`${ns}/${backfill}`} />`;
  const view = address.value.get("show");
  if (view === "backfills") return html`<${Backfills} />`;
  if (view === "pools") return html`<${Pools} />`;
  if (view === "workflows") return html`<${Workflows} />`;
  return html`<${Runs} />`;
}

async function getToKnow() {
  who.value = whoFailed.value = null;
  try {
    who.value = await ask("/api/who", { namespace: "" });
  } catch (error) {
    whoFailed.value = /** @type {Refused} */ (error);
    if (WORTH_ANOTHER_TRY.includes(whoFailed.value.kind)) setTimeout(getToKnow, AGAIN_MS);
  }
}

render(html`<${Page} />`, /** @type {Element} */ (document.getElementById("page")));
addEventListener("keydown", onKey);
effect(() => {
  if (state.value === "in") untracked(getToKnow);
  else unfollow();
});
await signIn();
