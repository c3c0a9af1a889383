/** The whole way of a blob, with the real server and the real agent. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, uploadBlob } from "@atalaya/client";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { enrolSim, joinAgent, serverProcess, SimAgent, startAgent, type ServerProcess } from "@atalaya/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

const MIB = 1024 * 1024;
/** The types of node:https do not know it; node:tls gets it. */
const agentsDoor = { ALPNProtocols: [LINK_PROTOCOL] };
const owned = new AsyncDisposableStack();
let folder: string;
let server: ServerProcess;
let sim: Awaited<ReturnType<typeof enrolSim>>;
let carried: Awaited<ReturnType<typeof enrolSim>>;
let elsewhere: Awaited<ReturnType<typeof enrolSim>>;
let between: Awaited<ReturnType<typeof enrolSim>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-blobs-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  server = owned.use(await serverProcess({ data: join(folder, "server") }));
  const { token } = (
    await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", { uses: 6, expiresInMs: 600_000 })
  ).body;
  sim = await enrolSim(server, { token, n: 1, hostname: "other" });
  carried = await enrolSim(server, { token, n: 2, hostname: "carried" });
  elsewhere = await enrolSim(server, { token, n: 3, hostname: "elsewhere" });
  between = await enrolSim(server, { token, n: 4, hostname: "between" });
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token });
  owned.use(startAgent({ data, servers }));
}, 60_000);
afterAll(() => owned.disposeAsync());

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const withStdin = (selector: string, sha256: string) => ({
  selector,
  capability: "exec",
  request: { command: { kind: "program", program: "sha256sum", args: [] }, stdin: { kind: "blob", sha256 } },
});

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

/** A request as it stands, with a body in pieces. */
async function raw(options: RequestOptions, pieces: readonly Uint8Array[] = []): Promise<Raw> {
  const call = request({
    host: server.host,
    port: server.port,
    ca: server.ca,
    servername: "localhost",
    agent: false,
    ...options,
  });
  for (const piece of pieces) call.write(piece);
  call.end();
  const [response] = await once(call, "response");
  const bytes = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>));
  return { status: response.statusCode, headers: response.headers, bytes };
}

const authorized = () => ({ authorization: `Bearer ${server.token}` });
const put = (sha256: string, bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
  raw(
    {
      method: "PUT",
      path: `/api/v1/blobs/${sha256}`,
      headers: { ...authorized(), "content-length": String(bytes.length), ...headers },
    },
    [bytes],
  );
const json = (answer: Raw) => JSON.parse(answer.bytes.toString()) as Readonly<Record<string, unknown>>;

/** As an agent with this certificate asks. */
function asAgent(sha256: string, run: string, headers: Readonly<Record<string, string>> = {}) {
  const { certificate, keyPem } = sim;
  return raw({ path: `/blobs/${sha256}?run=${run}`, cert: certificate, key: keyPem, ...agentsDoor, headers });
}

interface Made {
  readonly id: string;
  readonly runs: readonly { readonly id: string; readonly host: { readonly name: string } }[];
}

test("50 MB reach a command's standard input; to other hosts and without a run they do not exist", async () => {
  const bytes = randomBytes(50_000_000);
  const sha256 = digestOf(bytes);
  await writeFile(join(folder, "big"), bytes);
  const client = createClient({ url: server.url, token: server.token, ca: server.ca });
  const progress: number[] = [];
  await uploadBlob(client, join(folder, "big"), { onProgress: (received) => progress.push(received) });
  client.close();
  expect(progress).toEqual([0, 8, 16, 24, 32, 40].map((parts) => parts * MIB).concat(bytes.length));

  const { status, body: job } = await server.call<Made>(
    "POST",
    "/api/v1/jobs",
    withStdin("not (name:other or name:carried or name:elsewhere or name:between)", sha256),
  );
  expect(status).toBe(201);
  const { id: run } = job.runs[0]!;
  await expect
    .poll(async () => (await server.call<{ readonly state: string }>("GET", `/api/v1/runs/${run}`)).body.state, {
      timeout: 30_000,
    })
    .toBe("succeeded");
  const output = await server.call<Buffer>("GET", `/api/v1/runs/${run}/output`);
  expect(output.body.toString()).toBe(`${sha256}  -\n`);

  const stranger = await asAgent(sha256, run);
  expect([stranger.status, json(stranger)["code"]]).toEqual([404, "blob.unknown"]);
  expect((await asAgent(sha256, "run_AAAAAAAAAAAAAAAAAAAAAA")).status).toBe(404);
}, 60_000);

test("an agent reads what an unfinished run of its host names, in ranges, until the run ends", async () => {
  const bytes = randomBytes(300_000);
  const sha256 = digestOf(bytes);
  expect((await put(sha256, bytes)).status).toBe(200);
  // The other host is offline: its run waits.
  const { body: job } = await server.call<Made>("POST", "/api/v1/jobs", withStdin("name:other", sha256));
  const run = job.runs[0]!.id;

  const whole = await asAgent(sha256, run);
  expect([whole.status, whole.bytes.equals(bytes), whole.headers["content-length"]]).toEqual([200, true, "300000"]);
  const rest = await asAgent(sha256, run, { range: "bytes=299990-" });
  expect([rest.status, rest.headers["content-range"], rest.bytes.equals(bytes.subarray(299_990))]).toEqual([
    206,
    "bytes 299990-299999/300000",
    true,
  ]);
  const nothing = await asAgent(sha256, run, { range: "bytes=300000-" });
  expect([nothing.status, nothing.bytes.length]).toEqual([200, 0]);
  expect((await asAgent(digestOf(Buffer.from("another")), run)).status).toBe(404);

  // At the agents' door there is nothing else, and no token opens it.
  const api = await raw({
    path: "/api/v1/hosts",
    cert: sim.certificate,
    key: sim.keyPem,
    ...agentsDoor,
    headers: authorized(),
  });
  expect(api.status).toBe(404);

  await server.call("POST", `/api/v1/runs/${run}/cancel`);
  expect((await asAgent(sha256, run)).status).toBe(404);
});

test("a waypoint reads what the hosts behind it may, while their links come through it", async () => {
  const bytes = randomBytes(1_000);
  const sha256 = digestOf(bytes);
  expect((await put(sha256, bytes)).status).toBe(200);
  const { body: job } = await server.call<Made>("POST", "/api/v1/jobs", withStdin("name:carried", sha256));
  const run = job.runs[0]!.id;
  const read = async (by?: string, of = sha256) => {
    const answer = await asAgent(of, `${run}&for=${carried.enrolment}${by === undefined ? "" : `&by=${by}`}`);
    return answer.status === 200 ? answer.bytes.equals(bytes) : json(answer)["code"];
  };
  const via = [elsewhere.enrolment];
  const agent = new SimAgent({
    identity: carried,
    host: server.host,
    port: server.port,
    behave: () => ({ durationMs: Infinity }),
    hello: { via },
  });

  expect(await read()).toBe("waypoint.forbidden");
  await agent.connect();
  expect(await read()).toBe("waypoint.forbidden");
  agent.cut();
  via.splice(0, 1, between.enrolment, sim.enrolment);
  await agent.connect();
  expect(await read()).toBe(true);
  expect(await read(between.enrolment)).toBe(true);
  expect(await read("enr_stranger")).toBe("waypoint.forbidden");
  expect(await read(undefined, digestOf(Buffer.from("another")))).toBe("blob.unknown");
  // Not its own run, and nobody's word for it.
  expect(json(await asAgent(sha256, run))["code"]).toBe("blob.unknown");
  await server.call("POST", `/api/v1/runs/${run}/cancel`);
  agent.cut();
  await expect.poll(() => read()).toBe("waypoint.forbidden");
});

test("an upload that broke off goes on where it stopped, also after the server was killed", async () => {
  const bytes = randomBytes(3 * MIB);
  const sha256 = digestOf(bytes);
  const call = request({
    host: server.host,
    port: server.port,
    ca: server.ca,
    servername: "localhost",
    method: "PUT",
    path: `/api/v1/blobs/${sha256}`,
    headers: { ...authorized(), "content-length": String(bytes.length) },
  });
  call.on("error", () => undefined);
  call.write(bytes.subarray(0, MIB));
  const state = async () => json(await raw({ path: `/api/v1/blobs/${sha256}/status`, headers: authorized() }));
  await expect.poll(async () => (await state())["received"]).toBe(MIB);
  call.destroy();
  await server.end();
  await server.start();

  expect(await state()).toEqual({ sha256, received: MIB, whole: false });
  const wrong = await put(sha256, bytes.subarray(2 * MIB), {
    "content-range": `bytes ${2 * MIB}-${3 * MIB - 1}/${3 * MIB}`,
  });
  expect([wrong.status, json(wrong)["details"]]).toEqual([409, { offset: MIB }]);
  const part = await put(sha256, bytes.subarray(MIB, 2 * MIB), {
    "content-range": `bytes ${MIB}-${2 * MIB - 1}/${3 * MIB}`,
  });
  expect(json(part)).toEqual({ sha256, received: 2 * MIB, whole: false });
  const last = await put(sha256, bytes.subarray(2 * MIB), {
    "content-range": `bytes ${2 * MIB}-${3 * MIB - 1}/${3 * MIB}`,
  });
  expect(json(last)).toEqual({ sha256, received: 3 * MIB, whole: true });
  const back = await raw({ path: `/api/v1/blobs/${sha256}`, headers: { ...authorized(), range: "bytes=5-9" } });
  expect([back.status, back.bytes.equals(bytes.subarray(5, 10))]).toEqual([206, true]);
  const head = await raw({ method: "HEAD", path: `/api/v1/blobs/${sha256}`, headers: authorized() });
  expect([head.status, head.headers["content-length"]]).toEqual([200, String(3 * MIB)]);
});

test("bytes that are not those of the digest leave nothing; a job cannot name what is not there", async () => {
  const sha256 = digestOf(Buffer.from("what was promised"));
  const forged = await put(sha256, Buffer.from("what came instead"));
  expect([forged.status, json(forged)["code"]]).toEqual([422, "blob.mismatch"]);
  expect(json(await raw({ path: `/api/v1/blobs/${sha256}/status`, headers: authorized() }))).toEqual({
    sha256,
    received: 0,
    whole: false,
  });
  const { status, body } = await server.call<{ readonly code: string }>(
    "POST",
    "/api/v1/jobs",
    withStdin("all", sha256),
  );
  expect([status, body.code]).toEqual([404, "blob.unknown"]);
});

test("who knows a digest can neither read the blob nor have a job print it", async () => {
  const bytes = Buffer.from("a secret of the administrator");
  const sha256 = digestOf(bytes);
  await put(sha256, bytes);
  const made = await server.call<{ readonly token: string }>("POST", "/api/v1/api-tokens", {
    name: "mallory",
    role: "operator",
  });
  const headers = { authorization: `Bearer ${made.body.token}` };
  expect((await raw({ path: `/api/v1/blobs/${sha256}`, headers })).status).toBe(404);
  const job = await server.call("POST", "/api/v1/jobs", withStdin("all", sha256), headers);
  expect(job.status).toBe(404);
  const pretender = await raw({
    method: "PUT",
    path: `/api/v1/blobs/${sha256}`,
    headers: { ...headers, "content-length": "0" },
  });
  expect(pretender.status).toBe(422);
  expect((await raw({ path: `/api/v1/blobs/${sha256}`, headers })).status).toBe(404);
});
