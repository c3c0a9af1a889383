import { afterAll, beforeAll, expect, test } from "vitest";
import { crowd } from "../sim/crowd.ts";
import { enrolSim } from "../sim/identity.ts";
import { SimAgent } from "../sim/agent.ts";
import { inProcessServer, type InProcessServer } from "./plane.ts";

interface Job {
  readonly id: string;
  readonly state: string;
  readonly targets: number;
  readonly states: Readonly<Record<string, number>>;
}

const hello = { command: { kind: "program", program: "echo", args: ["hello"] } };

let server: InProcessServer;
let machines = 0;
beforeAll(async () => {
  server = await inProcessServer();
});
afterAll(() => server[Symbol.asyncDispose]());

test("a job goes through a whole plane to simulated agents and back", async () => {
  const identities = await enrol(3);
  using agents = crowd(
    identities.map((identity) => ({
      identity,
      host: server.host,
      port: server.port,
      behave: () => ({ output: [{ stream: "stdout", bytes: Buffer.from("hello\n") }] }),
    })),
  );
  await agents.connect();
  expect(agents.linked).toBe(3);

  const { body: job } = await server.call<Job>("POST", "/api/v1/jobs", {
    selector: "name:sim-0000[1-3]",
    capability: "exec",
    request: hello,
  });
  expect(job.targets).toBe(3);
  await expect
    .poll(async () => (await server.call<Job>("GET", `/api/v1/jobs/${job.id}`)).body.states)
    .toEqual({ succeeded: 3 });
  for (const agent of agents.agents) expect([...agent.starts.values()]).toEqual([1]);
});

test("a simulated agent resumes its TLS session, and says whether it did", async () => {
  const [identity] = await enrol(1);
  const agent = new SimAgent({ identity: identity!, host: server.host, port: server.port, behave: () => ({}) });
  const first = await agent.connect();
  expect(agent.resumed).toBe(false);
  agent.cut();
  const second = await agent.connect();
  expect(agent.resumed).toBe(true);
  expect(second.epoch).toBe(first.epoch + 1);
  agent.session = undefined;
  agent.cut();
  await agent.connect();
  expect(agent.resumed).toBe(false);
  agent.wipe();
});

test("a simulated agent keeps a run and its output over a cut link, and starts it once", async () => {
  const [identity] = await enrol(1);
  const output = ["one\n", "two\n"].map((text) => ({ stream: "stdout" as const, bytes: Buffer.from(text) }));
  const agent = new SimAgent({
    identity: identity!,
    host: server.host,
    port: server.port,
    behave: () => ({ output, durationMs: Infinity }),
  });
  await agent.connect();
  const { body: job } = await server.call<Job & { readonly runs: readonly { readonly id: string }[] }>(
    "POST",
    "/api/v1/jobs",
    { selector: "name:sim-00005", capability: "exec", request: hello },
  );
  await expect.poll(() => agent.spool.size).toBe(1);
  agent.restartProcess();
  await agent.connect();
  agent.finishAll(3);
  await expect
    .poll(async () => (await server.call<Job>("GET", `/api/v1/jobs/${job.id}`)).body.states)
    .toEqual({ failed: 1 });
  const answer = await server.call<Buffer>("GET", `/api/v1/runs/${job.runs[0]!.id}/output?stream=stdout`);
  expect(answer.body.toString()).toBe("one\ntwo\n");
  expect([...agent.starts.values()]).toEqual([1]);
  await expect.poll(() => agent.spool.size).toBe(0);
  agent.wipe();
});

async function enrol(count: number) {
  const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
    uses: count,
    expiresInMs: 60_000,
  });
  return Promise.all(Array.from({ length: count }, () => enrolSim(server, { token: body.token, n: (machines += 1) })));
}
