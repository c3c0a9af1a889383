/** The audit log of a real server that is killed, read by the real command line, and a database that somebody edits. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serverProcess, type ServerProcess } from "@atalaya/testkit";
import { startCli } from "./cli-process.ts";

let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "atalaya-audit-"));
  server = await serverProcess({ data: join(folder, "server") });
});
afterAll(async () => {
  await server?.end();
  rmSync(folder, { recursive: true, force: true });
});

const atalaya = (...args: readonly string[]) => startCli(args, { env: { ATALAYA_DATA: server.data } }).ended;
const joinToken = (uses: number, id: string) =>
  server.call("POST", "/api/v1/join-tokens", { uses }, { "x-request-id": id });
const entries = async () =>
  JSON.parse((await atalaya("audit", "ls", "--limit", "1000", "--json")).out) as {
    action: string;
    outcome: string;
    requestId?: string;
  }[];

describe("the audit log", () => {
  test("tells what was answered and what was refused, and an export of it needs no server to be checked", async () => {
    await joinToken(3, "first");
    await server.call("DELETE", "/api/v1/join-tokens/jt_AAAAAAAAAAAAAAAAAAAAAA");
    expect(await entries()).toMatchObject([
      {
        action: "join-token.revoke",
        outcome: "refused",
        code: "token.unknown",
        targets: ["jt_AAAAAAAAAAAAAAAAAAAAAA"],
      },
      { action: "join-token.create", outcome: "done", actor: "local", details: { uses: 3 }, requestId: "first" },
    ]);
    expect(await atalaya("audit", "verify")).toMatchObject({ status: 0 });

    const file = join(folder, "audit.ndjson");
    writeFileSync(file, (await atalaya("audit", "export")).out);
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, server.ca);
    expect(await atalaya("audit", "verify", file, "--ca", ca)).toMatchObject({ status: 0, err: "" });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const forged = join(folder, "forged.ndjson");
    writeFileSync(forged, `${lines.map((line) => line.replace('"uses":3', '"uses":4')).join("\n")}\n`);
    const told = await atalaya("audit", "verify", forged, "--ca", ca);
    expect(told.status).toBe(1);
    expect(told.out).toContain("line 2, entry 1 of");
    writeFileSync(forged, `${lines.slice(0, -1).join("\n")}\n`);
    expect((await atalaya("audit", "verify", forged, "--ca", ca)).out).toContain("the chain ends here");
  });

  test("has an entry for every change that a killed server may have made, and none twice", async () => {
    const asked = Array.from({ length: 200 }, (_, n) =>
      joinToken(1, `kill-${n}`)
        .then(() => `kill-${n}`)
        .catch(() => undefined),
    );
    // Somewhere in the middle of them.
    await Promise.race(asked);
    await server.end("SIGKILL");
    const answered = (await Promise.all(asked)).filter((id) => id !== undefined);
    await server.start();

    const made = (await server.call<{ items: { id: string }[] }>("GET", "/api/v1/join-tokens?limit=500")).body.items;
    const told = (await entries()).filter(({ requestId }) => requestId?.startsWith("kill-") === true);
    const ids = told.map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(answered));
    // One was there before. Those that were made and not answered are told as `unknown`.
    expect(told.length).toBeGreaterThanOrEqual(made.length - 1);
    expect(await atalaya("audit", "verify")).toMatchObject({ status: 0 });
  });

  test("does not hide that somebody cut its end in the database, with a chain that fits", async () => {
    await server.end("SIGTERM");
    const db = new DatabaseSync(join(server.data, "store", "store.sqlite"));
    db.exec("delete from audit_entry where sequence > 2");
    db.exec("update audit_chain set sequence = 2, hash = (select hash from audit_entry where sequence = 2)");
    db.close();
    await server.start();
    const { status, out } = await atalaya("audit", "verify");
    expect(status).toBe(1);
    expect(out).toContain("entry 3: the chain ends here");
    await joinToken(1, "after");
    expect((await entries()).map(({ action }) => action).slice(0, 2)).toEqual(["join-token.create", "audit.rewound"]);
  });
});
