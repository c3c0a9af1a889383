import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { MARCO_GROUPS } from "@atalaya/protocol/marcopolo";
import { silentLog } from "../platform/log.ts";
import { answerBudget } from "./budget.ts";
import { createCatalogue } from "./catalogue.ts";
import { jsonPieces } from "./json-pieces.ts";
import { answer, type RegistrationNeeds } from "./registration-door.ts";
import { readRequest } from "./resolver-door.ts";
import { readServiceFiles } from "./service-files.ts";
import { legacyUid } from "./tokens.ts";

const [grid, otherGrid] = MARCO_GROUPS;
const folder = mkdtempSync(join(tmpdir(), "atalaya-polo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const uid = process.getuid!();

const accounts = {
  ana: { name: "ana", uid: 1001, gid: 1001, home: folder, shell: "/bin/sh" },
  eva: { name: "eva", uid: 1002, gid: 1002, home: join(folder, "eva"), shell: "/bin/sh" },
  root: { name: "root", uid: 0, gid: 0, home: "/root", shell: "/bin/sh" },
};

function door() {
  const catalogue = createCatalogue({
    own: { id: "atalaya", params: { version: "1" } },
    account: async (name) => accounts[name as keyof typeof accounts],
    now: Date.now,
    rootServices: join(folder, "none"),
  });
  const needs: RegistrationNeeds = {
    catalogue,
    tokens: {
      request: async () => "made",
      uidOf: async (token) => Object.values(accounts).find(({ name }) => token === `token-of-${name}`)?.uid,
    },
    account: async (wanted) => Object.values(accounts).find((account) => account.uid === wanted),
    mayPublishForMachine: async (account) => account.uid === 0,
    certificate: "",
    key: "",
    log: silentLog,
  };
  const say = (Command: string, Args: object) => answer(JSON.stringify({ Command, Args }), needs);
  return { catalogue, say, needs };
}

describe("polod's door", () => {
  test("publishes an account's service under its name, in the grids it asks for", async () => {
    const { catalogue, say } = door();
    const token = "token-of-ana";
    expect(await say("Register", { token, service: "web", multicast_groups: [grid] })).toEqual({ OK: "ana:web" });
    expect(await catalogue.find(grid, "ana:web")).toEqual({});
    expect(await catalogue.find(otherGrid, "ana:web")).toBeUndefined();
    expect(await say("Publish", { token, service: "web" })).toHaveProperty("Error");
  });

  test("publishes for the machine only who may", async () => {
    const { catalogue, say } = door();
    expect(await say("Register", { token: "token-of-ana", service: "db", root: true })).toEqual({
      Error: "Permission denied",
    });
    expect(await say("Register", { token: "token-of-root", service: "db", root: true })).toEqual({ OK: "db" });
    expect((await catalogue.list(grid)).map(({ id }) => id)).toEqual(["atalaya", "db"]);
  });

  test("lets nobody unpublish what is another's or the machine's (S-17)", async () => {
    const { catalogue, say } = door();
    await say("Register", { token: "token-of-ana", service: "web" });
    await say("Register", { token: "token-of-root", service: "db", root: true });
    for (const service of ["ana:web", "web", "db", "atalaya"]) {
      expect(await say("Unpublish", { token: "token-of-eva", service })).toHaveProperty("Error");
    }
    expect(await catalogue.find(grid, "ana:web")).toEqual({});
    expect(await say("Unpublish", { token: "token-of-ana", service: "ana:web" })).toEqual({ OK: 0 });
    expect(await catalogue.find(grid, "ana:web")).toBeUndefined();
  });

  test("answers whatever it is sent, and never throws", async () => {
    const { needs } = door();
    for (const [text, error] of [
      ["{}", "Unknown command"],
      ['{"Command":"Service-info","Args":{}}', "Unknown command"],
      ["{]", "Malformed JSON"],
    ] as const) {
      expect(await answer(text, needs)).toEqual({ Error: error });
    }
    const args = fc.record({ token: fc.anything(), service: fc.anything(), uid: fc.anything() });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("Register", "Unpublish", "Request-token"), args, async (Command, Args) => {
        const reply = await answer(JSON.stringify({ Command, Args }), needs);
        expect("OK" in reply || "Error" in reply).toBe(true);
      }),
    );
  });

  test("cuts a stream into objects wherever it was split", () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(objects, fc.integer({ min: 1, max: 9 }), (sent, size) => {
        const pieces = jsonPieces(1_000_000);
        const text = sent.map((each) => JSON.stringify(each)).join(" ");
        const got: string[] = [];
        for (let at = 0; at < text.length; at += size) got.push(...pieces.push(text.slice(at, at + size)));
        expect(got.map((each) => JSON.parse(each) as unknown)).toEqual(sent.map((s) => JSON.parse(JSON.stringify(s))));
      }),
    );
    expect(() => jsonPieces(10).push('{"a":"much too long"}')).toThrow();
    expect(() => jsonPieces(10).push("[1]")).toThrow();
  });

  test("reads the original's tokens as the reference has them", () => {
    const secret = Buffer.from("0123456789abcdef0123456789abcdef");
    expect(legacyUid("9bUfk1h3pWueW2SaLS8hO8yJg8X/ASjRj5RQa/CS9Cw=", secret)).toBe(1000);
    expect(legacyUid("AWFT29qQQX13NRMiWq3LvcyJg8X/ASjRj5RQa/CS9Cw=", secret)).toBe(1001);
    expect(legacyUid("9bUfk1h3pWueW2SaLS8hO8yJg8X/ASjRj5RQa/CS9Cw=", Buffer.alloc(32))).toBeUndefined();
  });
});

describe("marcod's door", () => {
  test("reads requests with either spelling and refuses what cannot be meant", () => {
    expect(readRequest(Buffer.from('{"Command":"Marco","max-nodes":2}'))).toMatchObject({ "max-nodes": 2 });
    expect(readRequest(Buffer.from('{"Command":"Marco","timeout":"soon"}'))).toBe("unknown");
    expect(readRequest(Buffer.from('{"Nothing":1}'))).toBe("unknown");
    expect(readRequest(Buffer.from("Marco"))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readRequest(bytes)));
  });
});

describe("service files", () => {
  test("count only when they are the owner's own files, and the first of two holds", async () => {
    writeFileSync(join(folder, "a"), '{"id":"web","params":{"port":80}}');
    writeFileSync(join(folder, "b"), '{"id":"web","params":{"port":81}}');
    writeFileSync(join(folder, "c"), '{"id":"off","disabled":true}');
    writeFileSync(join(folder, "d"), "no JSON");
    writeFileSync(join(folder, "target"), '{"id":"linked"}');
    symlinkSync(join(folder, "target"), join(folder, "e"));
    const services = await readServiceFiles(folder, uid);
    expect(services.map(({ id, params }) => [id, params])).toEqual([
      ["web", { port: 80 }],
      ["linked", {}],
    ]);
    expect(await readServiceFiles(folder, uid + 1)).toEqual([]);
    // Only the link is not followed; its target is a file here too.
    rmSync(join(folder, "target"));
    expect((await readServiceFiles(folder, uid)).map(({ id }) => id)).toEqual(["web"]);
  });
});

test("a forged address gets a few answers a second and no more", () => {
  const at = { now: 0 };
  const budget = answerBudget({ now: () => at.now, perSource: 3, inAll: 5, everyMs: 1_000 });
  const taken = (source: string) => Array.from({ length: 5 }, () => budget.take(source)).filter(Boolean).length;
  expect([taken("a"), taken("b"), taken("c")]).toEqual([3, 2, 0]);
  at.now = 1_000;
  expect(taken("a")).toBe(3);
});
