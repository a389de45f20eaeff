// Without a key, why; in a cluster, a form for a token. It is sent nowhere but to this server, and not unencrypted.

import { html } from "../html.js";
import { refusal, signInWith, state } from "../session.js";

export function SignIn() {
  return html`<main class="alone">
    <h1>Sluice</h1>
    ${refusal.value && html`<p role="alert" class="words">${refusal.value}</p>`}
    ${state.value === "form" && (isSecureContext ? html`<${Form} />` : html`<p role="alert">
      This address is not encrypted, so no token can be sent over it. Open it by https, or by
      <code>kubectl port-forward</code> on your own machine.</p>`)}
  </main>`;
}

function Form() {
  const enter = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.currentTarget).elements[0]);
    signInWith(field.value);
  };
  return html`<form onSubmit=${enter}>
    <label class="field"><span>Your token</span><input type="password" autocomplete="off" required /></label>
    <p><small>One that the API server accepts, such as <code>kubectl create token NAME</code> prints, or an id token of
      your identity provider. What you may see and do is what you may see and do with kubectl. It stays in this tab.</small></p>
    <div class="buttons"><button class="primary">Sign in</button></div>
  </form>`;
}
