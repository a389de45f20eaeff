// A dialog: the browser's own, which keeps the focus inside and closes by Esc.

import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

/** @param {{title: string, onClose: () => void, children?: any}} properties */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => dialog.current?.showModal(), []);
  return html`<dialog ref=${dialog} aria-label=${title} onClose=${onClose}><h2>${title}</h2>${children}</dialog>`;
}
