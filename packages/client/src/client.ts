/** The client without its transport: what Node and, later, a browser build upon. */
import { createCalls, type Calls } from "./calls.ts";
import { ClientError } from "./client-error.ts";
import { createLive, type Live } from "./live/live.ts";
import type { OpenLiveSocket } from "./live/socket.ts";
import { retrying, waitFor } from "./retry.ts";

export interface Client extends Calls {
  readonly live: Live;
  /** Ends live subscriptions and idle connections. */
  close(): void;
}

export interface ClientParts {
  readonly url: string;
  readonly token?: () => string | undefined;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly openLive: OpenLiveSocket;
  close(): void;
}

export function buildClient({ url, token, fetch, openLive, close }: ClientParts): Client {
  const base = checkedUrl(url, token?.());
  const live = createLive({ open: openLive, random: Math.random });
  return {
    ...createCalls({
      url: base,
      ...(token === undefined ? {} : { token }),
      fetch: retrying({ fetch, wait: waitFor, random: Math.random }),
    }),
    live,
    close() {
      live.close();
      close();
    },
  };
}

/** A token never leaves the machine in clear. */
function checkedUrl(url: string, token: string | undefined): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new ClientError({ code: "request.malformed", detail: `${url} is not an address like https://host:8443.` });
  }
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  if (parsed.protocol === "http:" && token !== undefined && !isLoopback) {
    throw new ClientError({ code: "server.untrusted", detail: "A token is not sent over http: use https." });
  }
  return url.replace(/\/+$/, "");
}
