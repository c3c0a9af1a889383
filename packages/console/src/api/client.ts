import { createBrowserClient, type Client, type components } from "@atalaya/client/browser";
import { cell } from "./source.ts";

export type Schemas = components["schemas"];

/** What proves that our own page asks; comes with the session. */
export const csrf = cell<string | undefined>(undefined);
/** Grows whenever an answer said that nobody is signed in. */
export const signedOut = cell(0);

/** The one client of this tab: all calls, and one WebSocket for all that is live. */
export const client: Client = createBrowserClient({
  origin: location.origin,
  csrf: csrf.get,
  onSignedOut: () => {
    // Who was not signed in has lost nothing.
    if (csrf.get() !== undefined) signedOut.set(signedOut.get() + 1);
  },
});
