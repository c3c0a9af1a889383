import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../testing/eventually.testing.ts";
import { runAgent } from "../agent.ts";
import { silentLog } from "../platform/log.ts";
import { authority } from "../testing/authority.testing.ts";
import { joined, removeFolder, spawnAgent, startAgent, temporaryFolder, TOKEN } from "../testing/agent.testing.ts";
import { startTower, type Tower } from "../testing/tower.testing.ts";
import { identityFiles, renewalDue } from "./identity.ts";

let tower: Tower;
let data: string;
beforeAll(async () => {
  tower = await startTower();
});
afterAll(() => tower.stop());
beforeEach(async () => {
  data = await temporaryFolder();
});
afterEach(async () => {
  tower.pending = false;
  await removeFolder(data);
});

async function join_(args: readonly string[], environment: Record<string, string> = {}, folder = data) {
  const child = spawnAgent(folder, ["join", ...args], environment);
  const text = { out: "", err: "" };
  child.stdout!.on("data", (part: Buffer) => (text.out += part.toString()));
  child.stderr!.on("data", (part: Buffer) => (text.err += part.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number, ...text }));
  return { child, text, ended };
}
const token = (pin = tower.ca.pin): string => `${TOKEN}.${pin}`;

describe("joining", () => {
  test("learns the CA by the token's pin and keeps its secrets to itself", async () => {
    const { ended } = await join_(["--server", tower.address], { ATALAYA_JOIN_TOKEN: token() });
    const { code, out } = await ended;
    expect([code, out]).toEqual([0, `This machine is pc01 (host_1) at ${tower.address}.\n`]);
    for (const name of ["key.pem", "identity.json"]) expect((await stat(join(data, name))).mode & 0o777).toBe(0o600);
    const enrolled = await identityFiles(data).enrolled();
    expect(enrolled?.ca.trim()).toBe(tower.ca.certificate.trim());
  });
  test("tells nothing to a server whose CA is another", async () => {
    const other = await authority();
    const { code, err } = await (
      await join_(["--server", tower.address], { ATALAYA_JOIN_TOKEN: token(other.pin) })
    ).ended;
    expect(code).toBe(4);
    expect(err).toContain("enrolment.ca-mismatch");
    expect(await identityFiles(data).enrolled()).toBeUndefined();
  });
  test("says what the server said of a bad token, and what is missing", async () => {
    const bad = await (
      await join_(["--server", tower.address], { ATALAYA_JOIN_TOKEN: `atj_${"b".repeat(32)}.${tower.ca.pin}` })
    ).ended;
    expect([bad.code, bad.err.includes("enrolment.token-unknown")]).toEqual([4, true]);
    const none = await (await join_(["--server", tower.address])).ended;
    expect([none.code, none.err.includes("--ca-pin")]).toEqual([2, true]);
    const half = await (await join_(["--server", tower.address], { ATALAYA_JOIN_TOKEN: "atj_half" })).ended;
    expect([half.code, half.err.includes("settings.wrong")]).toEqual([2, true]);
  });
  test("that is refused leaves nothing behind, but what was there before", async () => {
    const bad = { ATALAYA_JOIN_TOKEN: `atj_${"b".repeat(32)}.${tower.ca.pin}` };
    const fresh = join(data, "not-yet");
    expect((await (await join_(["--server", tower.address], bad, fresh)).ended).code).toBe(4);
    expect(await readdir(data)).toEqual([]);
    expect((await (await join_(["--server", tower.address], { ATALAYA_JOIN_TOKEN: token() })).ended).code).toBe(0);
    const before = await readFile(join(data, "key.pem"), "utf8");
    expect((await (await join_(["--server", tower.address], bad)).ended).code).toBe(4);
    expect(await readFile(join(data, "key.pem"), "utf8")).toBe(before);
  });
  test("without a token waits for a person", async () => {
    tower.pending = true;
    const { text, ended } = await join_(["--server", tower.address, "--ca-pin", tower.ca.pin]);
    await eventually(() => text.err).toContain("atalaya host accept enr_1");
    tower.pending = false;
    expect((await ended).code).toBe(0);
  });
  test("again keeps the key", async () => {
    await joined(data, tower);
    const before = await identityFiles(data).keyPem();
    await joined(data, tower);
    expect(await identityFiles(data).keyPem()).toBe(before);
  });
  test("takes the next server when one does not answer, and a token file", async () => {
    await writeFile(join(data, "token"), `${token()}\n`, { mode: 0o600 });
    const args = ["--server", `127.0.0.1:1,${tower.address}`, "--token-file", join(data, "token")];
    expect((await (await join_(args)).ended).code).toBe(0);
  });
});

describe("the way to the server", () => {
  test("leads through a proxy with its password", async () => {
    const asked: string[] = [];
    const proxy = createServer((client) => {
      client.once("data", (head: Buffer) => {
        const text = head.toString("latin1");
        asked.push(text.split("\r\n")[0]!);
        if (!text.includes(`Proxy-Authorization: Basic ${Buffer.from("ana:secret").toString("base64")}`)) {
          return void client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        }
        const upstream = connect(tower.port, "127.0.0.1", () => {
          client.write("HTTP/1.1 200 Connection established\r\n\r\n");
          client.pipe(upstream).pipe(client);
        });
        upstream.on("error", () => client.destroy());
      });
      client.on("error", () => undefined);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port } = proxy.address() as AddressInfo;
    await joined(data, tower);
    const link = tower.nextLink();
    const agent = startAgent(data, { environment: { HTTPS_PROXY: `http://ana:secret@127.0.0.1:${port}` } });
    await link;
    expect((await tower.run({ command: { kind: "program", program: "true", args: [] } }).ended).state).toBe(
      "succeeded",
    );
    expect(asked).toContain(`CONNECT ${tower.address} HTTP/1.1`);
    await agent.stop();
    proxy.close();
    const { code, err } = await (
      await join_(["--server", tower.address, "--ca-file", "/nowhere"], { HTTPS_PROXY: `http://127.0.0.1:${port}` })
    ).ended;
    expect([code, err.includes("/nowhere")]).toEqual([2, true]);
  });
  test("goes to the next server, and back to the preferred one when it answers again", async () => {
    await joined(data, tower);
    const second = await startTower({ before: tower });
    const first = await startTower({ before: tower });
    const { port } = first;
    await first.stop();
    const identity = identityFiles(data);
    await identity.keep({ ...(await identity.enrolled())!, servers: [`127.0.0.1:${port}`, second.address] });
    let link = second.nextLink();
    const agent = startAgent(data, { preferEveryMs: 100 });
    await link;
    const back = await startTower({ before: tower, port });
    link = back.nextLink();
    await link;
    await agent.stop();
    await Promise.all([back.stop(), second.stop()]);
  });
  test("is not taken to who is no server: an agent's certificate cannot play one", async () => {
    const agentsCertificate = await startTower({
      ca: tower.ca,
      serverCertificate: (ca) => ca.issue({ commonName: "enr_9", usage: "client" }),
    });
    await joined(data, tower);
    const identity = identityFiles(data);
    await identity.keep({ ...(await identity.enrolled())!, servers: [agentsCertificate.address] });
    const reasons: string[] = [];
    const agent = startAgent(data, { onState: ({ reason }) => reason !== undefined && reasons.push(reason.code) });
    await eventually(() => reasons).toContain("enrolment.ca-mismatch");
    expect(agentsCertificate.links).toEqual([]);
    await agent.stop();
    await agentsCertificate.stop();
  });
});

describe("the certificate", () => {
  test("is due at two thirds of its life, asked for over the link, and used at once", async () => {
    await joined(data, tower);
    const identity = identityFiles(data);
    const enrolled = (await identity.enrolled())!;
    // Issued a day ago for 25 hours: two thirds are over.
    const short = await startTower({ before: tower, certificateDays: 1 / 24 });
    await joined(data, short);
    expect(renewalDue((await identity.enrolled())!.certificate)).toBeLessThan(Date.now());
    const renew = short.frame("renew");
    let link = short.nextLink();
    const agent = startAgent(data);
    await link;
    const { csr } = await renew;
    link = short.nextLink();
    short.links.at(-1)!.send({ type: "certificate", certificate: await short.ca.sign(csr, "enr_1") });
    await link;
    expect(renewalDue((await identity.enrolled())!.certificate)).toBeGreaterThan(Date.now());
    expect((await identity.enrolled())!.enrolment).toBe(enrolled.enrolment);
    await agent.stop();
    await short.stop();
  });
  test("that ran out is replaced over the public door", async () => {
    const late = await startTower({ before: tower, certificateDays: -1 / 24 });
    await joined(data, late);
    await late.stop();
    const again = await startTower({ before: tower, port: late.port });
    const link = again.nextLink();
    const agent = startAgent(data);
    await link;
    await agent.stop();
    await again.stop();
  });
  test("that is revoked makes the agent wait for another identity", async () => {
    await joined(data, tower);
    tower.welcome = () => ({ type: "refused", code: "certificate.revoked", message: "revoked" });
    const states: string[] = [];
    const agent = startAgent(data, { onState: ({ state }) => states.push(state) });
    await eventually(() => states).toContain("dormant");
    tower.welcome = () => ({});
    const link = tower.nextLink();
    await joined(data, tower);
    await link;
    await agent.stop();
  });
});

test("an agent that never joined says so and ends", async () => {
  await expect(runAgent({ data, environment: {}, log: silentLog }, new AbortController().signal)).rejects.toMatchObject(
    { code: "enrolment.unknown" },
  );
  expect(() =>
    execFileSync(process.execPath, [join(import.meta.dirname, "../main.ts"), "run", "--data", data], { stdio: "pipe" }),
  ).toThrow("atalaya-agent join");
});
