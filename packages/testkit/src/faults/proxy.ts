/** A TCP proxy on loopback that spoils the connections through it: what a bad network does to a link. */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections through it now. */
  readonly open: number;
  /** Resets every connection at once. */
  cut(): void;
  /** Half-open: bytes vanish in both directions, nobody is told. New connections stall too, until `heal`. */
  stall(): void;
  /** At most this many bytes a second in each direction of each connection; undefined: no limit. */
  throttle(bytesPerSecond: number | undefined): void;
  /** Refuses new connections (and cuts the old ones) until `heal`. */
  refuse(): void;
  heal(): void;
}

/** Before an address, or before the Unix socket of a `doorway`. */
export async function faultProxy(
  target: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let mode: "fine" | "stalled" | "refusing" = "fine";
  let limit: number | undefined;

  const server = createServer({ noDelay: true }, (client) => {
    if (mode === "refusing") return void client.resetAndDestroy();
    const upstream = connect({ ...target, noDelay: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    forward(client, upstream);
    forward(upstream, client);
  });

  function forward(from: Socket, to: Socket): void {
    const pass = (chunk: Buffer): void => {
      if (mode === "stalled" || to.write(chunk)) from.resume();
      else to.once("drain", () => from.resume());
    };
    from.on("data", (chunk: Buffer) => {
      from.pause();
      // Late as a whole: what a slow line delivers last is what a reader waits for.
      if (limit === undefined) pass(chunk);
      else setTimeout(pass, (chunk.length / limit) * 1000, chunk).unref();
    });
  }

  function cut(): void {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy();
      // A Unix socket knows no reset.
      if ("path" in target) upstream.destroy();
      else upstream.resetAndDestroy();
    }
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    cut,
    stall() {
      mode = "stalled";
    },
    throttle(bytesPerSecond) {
      limit = bytesPerSecond;
    },
    refuse() {
      mode = "refusing";
      cut();
    },
    heal() {
      mode = "fine";
    },
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
