/** A simulated host that relays: an agent without a machine, whose loopback is that of the test. */
import { connect } from "node:net";
import { RelayRequest } from "@atalaya/protocol";
import { SimAgent } from "./agent.ts";
import { enrolSim } from "./identity.ts";
import type { StreamAnswer } from "./stream.ts";

/** What is needed of a server: in this process or another. */
interface Joinable {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  call<T>(method: string, path: string, body?: unknown): Promise<{ readonly body: T }>;
}

export interface RelayingHost extends Disposable {
  readonly agent: SimAgent;
  readonly id: string;
  readonly name: string;
}

/** Connects to whatever port it is asked for: no policy rules here. */
export function relayStream({ request }: { readonly request: string }): StreamAnswer {
  const { host, port } = RelayRequest.parse(JSON.parse(request));
  return {
    serve({ bytes }) {
      const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
      socket.once("error", (error) => bytes.destroy(error));
      bytes.once("close", () => socket.destroy());
      bytes.pipe(socket);
      socket.pipe(bytes);
    },
  };
}

/** A linked host of this number and name. */
export async function relayingHost(
  server: Joinable,
  {
    n,
    name,
    onStream = relayStream,
  }: {
    readonly n: number;
    readonly name: string;
    readonly onStream?: (open: { readonly request: string }) => StreamAnswer;
  },
): Promise<RelayingHost> {
  const ids = async (): Promise<ReadonlySet<string>> => {
    const { body } = await server.call<{ items: { id: string }[] }>("GET", "/api/v1/hosts?limit=1000");
    return new Set(body.items.map(({ id }) => id));
  };
  const before = await ids();
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
  const identity = await enrolSim(server, { token: body.token, n });
  const agent = new SimAgent({
    identity,
    host: server.host,
    port: server.port,
    behave: () => ({}),
    hello: { capabilities: ["exec", "relay"] },
    onStream,
  });
  await agent.connect();
  const id = [...(await ids())].find((each) => !before.has(each))!;
  await server.call("PATCH", `/api/v1/hosts/${id}`, { name });
  return { agent, id, name, [Symbol.dispose]: () => agent.wipe() };
}
