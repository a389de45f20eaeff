// Who looks, and at which namespace.

import { computed, signal } from "@preact/signals";
import { address } from "./address.js";

/** All namespaces at once, as the server is told. */
export const EVERYWHERE = "*";

/** @type {import("@preact/signals").Signal<import("./types").Who | null>} */
export const who = signal(null);

/** @type {import("@preact/signals").Signal<import("./server.js").Refused | null>} */
export const whoFailed = signal(null);

/** The namespace that the address names, else the kubeconfig's. */
export const namespace = computed(() => address.value.get("ns") || who.value?.namespace || "");
