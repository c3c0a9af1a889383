/**
 * Agents of a deployment, in a process of its own: real links and real downloads with each agent's certificate, and no
 * disk to write to, so that one machine can be a hundred.
 */
import { createHash } from "node:crypto";
import { request } from "node:https";
import { LINK_PROTOCOL, type Start } from "@atalaya/protocol";
import { enrolSim, SimAgent } from "@atalaya/testkit";
import { takeOrders } from "./orders.ts";

export type DeployOrder =
  | {
      readonly do: "enrol";
      readonly host: string;
      readonly port: number;
      readonly ca: string;
      readonly token: string;
      readonly count: number;
    }
  | { readonly do: "connect"; readonly host: string; readonly port: number }
  /** Everybody fetches the file at once from a plain server; the time until the last has it. */
  | { readonly do: "fetch"; readonly port: number; readonly sha256: string }
  | { readonly do: "arm" }
  | { readonly do: "collect" };

type Identity = Awaited<ReturnType<typeof enrolSim>>;

const agents: SimAgent[] = [];
const identities: Identity[] = [];
let settled: number[] = [];
let failures: string[] = [];
const now = (): number => performance.timeOrigin + performance.now();

async function obey(order: DeployOrder): Promise<unknown> {
  switch (order.do) {
    case "enrol":
      return enrol(order);
    case "connect":
      return connect(order);
    case "fetch": {
      const began = now();
      await Promise.all(
        identities.map(async (identity) => {
          const digest = await download(identity, order.port, "/file");
          if (digest !== order.sha256) throw new Error("the file came damaged");
        }),
      );
      return now() - began;
    }
    case "arm":
      settled = [];
      failures = [];
      return undefined;
    case "collect":
      return { settled, failures };
  }
}

async function enrol({ host, port, ca, token, count }: Extract<DeployOrder, { do: "enrol" }>): Promise<void> {
  for (let n = 1; n <= count; n += 1) identities.push(await enrolSim({ host, port, ca }, { token, n }));
}

async function connect({ host, port }: Extract<DeployOrder, { do: "connect" }>): Promise<void> {
  for (const identity of identities) {
    const agent: SimAgent = new SimAgent({
      identity,
      host,
      port,
      hello: { capabilities: ["exec", "deploy"] },
      behave: (start) => {
        void obtain(agent, identity, port, start);
        return { durationMs: Infinity };
      },
      onFrame: (frame) => {
        if (frame.type === "settled") settled.push(now());
      },
    });
    agents.push(agent);
    await agent.connect();
  }
}

async function obtain(agent: SimAgent, identity: Identity, port: number, start: Start): Promise<void> {
  try {
    const { artifacts } = JSON.parse(start.request) as { readonly artifacts: readonly { readonly sha256: string }[] };
    for (const { sha256 } of artifacts) {
      const digest = await download(identity, port, `/blobs/${sha256}?run=${start.run}`);
      if (digest !== sha256) throw new Error("the blob came damaged");
    }
    agent.finishAll(0);
  } catch (cause) {
    failures.push(cause instanceof Error ? cause.message : String(cause));
    agent.finishAll(1);
  }
}

function download({ certificate, keyPem, ca }: Identity, port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    const options = {
      host: "127.0.0.1",
      port,
      path,
      ca,
      cert: certificate,
      key: keyPem,
      servername: "localhost",
      agent: false,
      ALPNProtocols: [LINK_PROTOCOL],
    } as const;
    request(options, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`${path} answered ${response.statusCode}`));
      response.on("data", (part: Buffer) => hash.update(part));
      response.on("error", reject).on("end", () => resolve(hash.digest("hex")));
    })
      .on("error", reject)
      .end();
  });
}

takeOrders(obey);
