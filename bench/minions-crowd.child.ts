/** Simulated agents that tell a status each, in a process of their own. Driven over IPC by the bench. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, splitLive, STATUS, withoutSecrets, type StatusFrame } from "@atalaya/protocol";
import { crowd, enrolSim, type Crowd, type SimAgent, type SimIdentity } from "@atalaya/testkit";
import { takeOrders } from "./orders.ts";

export type MinionsOrder =
  | {
      readonly do: "enrol";
      readonly host: string;
      readonly port: number;
      readonly ca: string;
      readonly token: string;
      readonly from: number;
      readonly count: number;
    }
  | { readonly do: "connect"; readonly host: string; readonly port: number };

const SAMPLE = join(import.meta.dirname, "../packages/server/src/domain/status/minion-sample.fixture.json");
const { id: _, ...sample } = JSON.parse(readFileSync(SAMPLE, "utf8")) as Readonly<Record<string, unknown>>;
const identities: SimIdentity[] = [];
const crowds: Crowd[] = [];
let connected = 0;

async function obey(order: MinionsOrder): Promise<number> {
  if (order.do === "enrol") return enrolAll(order);
  const { host, port } = order;
  const fresh = identities.slice(connected);
  const some = crowd(
    fresh.map((identity, n) => {
      const agent = (): SimAgent => some.agents[n]!;
      return {
        identity,
        host,
        port,
        hello: { capabilities: ["exec", STATUS] },
        behave: () => ({}),
        onFrame(frame) {
          if (frame.type !== "welcome") return;
          const text = JSON.stringify(statusOf(identity.enrolment));
          setImmediate(() => agent().socket?.send(text));
        },
      };
    }),
    50,
  );
  crowds.push(some);
  connected = identities.length;
  await some.connect();
  return connected;
}

async function enrolAll({
  host,
  port,
  ca,
  token,
  from,
  count,
}: Extract<MinionsOrder, { do: "enrol" }>): Promise<number> {
  let next = from;
  const workers = Array.from({ length: 16 }, async () => {
    while (next < from + count) identities.push(await enrolSim({ host, port, ca }, { token, n: next++ }));
  });
  await Promise.all(workers);
  return identities.length;
}

/** The sample of 2014, with a name of its own for each. */
function statusOf(name: string): StatusFrame {
  const { stable, live } = splitLive(sample["os"]);
  const values: Readonly<Record<string, unknown>> = {
    ...sample,
    instance: name,
    env: withoutSecrets({ ...(sample["env"] as object), id: name }, "env"),
    os: { ...(stable as object), hostname: name },
  };
  const digests = Object.entries(values).map(([key, value]) => [
    key,
    createHash("sha256").update(canonicalJson(value)).digest("hex"),
  ]);
  return { type: "status", parts: Object.fromEntries(digests), values, live } as StatusFrame;
}

takeOrders(obey);
