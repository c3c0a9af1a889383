import { AtalayaError } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { heardAudit } from "./audit.testing.ts";
import type { Peer, RpcCaller } from "../cores/core.ts";
import { createLog, silentLog } from "../platform/log/index.ts";
import type { Actor } from "./actor.ts";
import type { Permission } from "./permissions.ts";
import { createRpc } from "./rpc.ts";
import { rpcMethod } from "./rpc-method.ts";

const peer: Peer = { door: "public", address: "192.0.2.1", port: 1, hostName: async () => undefined };
const as = (...permissions: Permission[]): RpcCaller => ({
  peer,
  actor: { name: "ana", permissions: new Set(permissions) } satisfies Actor,
});

const greet = rpcMethod({
  name: "test.greet",
  summary: "Greets.",
  permission: "fleet.read",
  audit: "none",
  args: z.tuple([z.string().min(1).describe("whom"), z.int().default(1).describe("times")]),
  handler: ([whom, times], { actor }) => `${"hello ".repeat(times)}${whom} from ${actor.name}`,
});
const anybody = rpcMethod({
  name: "ping",
  summary: "Answers.",
  permission: "public",
  audit: "none",
  args: z.tuple([]),
  handler: (_, { actor, peer: { address } }) => [actor.name, address],
});
const broken = rpcMethod({
  name: "test.broken",
  summary: "Fails.",
  permission: "authenticated",
  audit: "none",
  args: z.tuple([]),
  handler: () => Promise.reject(new Error("the secret cause")),
});
const rpc = createRpc([greet, anybody, broken], { audit: heardAudit(), log: silentLog });

test("a method gets its arguments as its schema reads them, and who calls", async () => {
  expect(await rpc("test.greet", ["pc01"], as("fleet.read"))).toBe("hello pc01 from ana");
  expect(await rpc("test.greet", ["pc01", 2], as("fleet.read"))).toBe("hello hello pc01 from ana");
  expect(await rpc("ping", [], { peer })).toEqual(["nobody", "192.0.2.1"]);
});

test.each([
  ["a method that is not there", "nothing", [], as("fleet.read"), "rpc.method-unknown"],
  ["a name that every object knows", "constructor", [], as("fleet.read"), "rpc.method-unknown"],
  ["too few arguments", "test.greet", [], as("fleet.read"), "request.malformed"],
  ["too many arguments", "test.greet", ["a", 1, 2], as("fleet.read"), "request.malformed"],
  ["an argument of another type", "test.greet", [7], as("fleet.read"), "request.malformed"],
  ["a caller without credentials", "test.greet", ["a"], { peer }, "identity.missing"],
  ["a caller without the permission", "test.greet", ["a"], as("job.read"), "identity.forbidden"],
  ["a caller who may not, whatever the arguments", "test.greet", [7], as(), "identity.forbidden"],
  ["a method that breaks", "test.broken", [], as(), "server.internal"],
] as const)("%s is a fault with its code", async (_, method, args, caller, code) => {
  const fault = await rpc(method, args, caller).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(AtalayaError);
  expect(fault).toMatchObject({ code });
  expect((fault as Error).message).not.toContain("secret");
});

test("what is wrong with arguments is said by their number", async () => {
  await expect(rpc("test.greet", ["a", "b"], as("fleet.read"))).rejects.toMatchObject({
    details: { issues: [{ in: "arguments", path: "1" }] },
  });
});

test("whoever is known learns which methods there are, and nobody else", async () => {
  expect(await rpc("system.listMethods", [], as())).toEqual([
    "ping",
    "system.listMethods",
    "system.methodHelp",
    "test.broken",
    "test.greet",
  ]);
  expect(await rpc("system.methodHelp", ["test.greet"], as())).toBe(
    "test.greet(whom, [times])\nGreets.\nNeeds fleet.read: see hosts, places, groups.",
  );
  await expect(rpc("system.methodHelp", ["no"], as())).rejects.toMatchObject({ code: "rpc.method-unknown" });
  await expect(rpc("system.listMethods", [], { peer })).rejects.toMatchObject({ code: "identity.missing" });
});

test("two methods of one name, and names that are none, stop the start", () => {
  expect(() => createRpc([greet, greet], { audit: heardAudit(), log: silentLog })).toThrow(
    "Two remote procedures are named test.greet.",
  );
  expect(() => createRpc([{ ...greet, name: "a b" }], { audit: heardAudit(), log: silentLog })).toThrow("no name");
});

test("every call is logged with its outcome, and an unforeseen failure with its cause", async () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", destination: { write: (line) => void lines.push(line) } });
  await createRpc([broken], { audit: heardAudit(), log })("test.broken", [], as()).catch(() => undefined);
  expect(lines.join("")).toContain("the secret cause");
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ outcome: "server.internal", actor: "ana", address: "192.0.2.1" });
});
