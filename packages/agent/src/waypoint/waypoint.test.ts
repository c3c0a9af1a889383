import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { WAYPOINT_TARGET } from "@atalaya/protocol";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Address } from "../link/addresses.ts";
import { openWay } from "../link/way.ts";
import { silentLog } from "../platform/log.ts";
import { authority, type Authority } from "../testing/authority.testing.ts";
import { limits } from "./admission.ts";
import type { OwnLink } from "./own-link.ts";
import { createWaypoint, type Waypoint } from "./waypoint.ts";

let ca: Authority;
/** Stands for the server: says back what it hears. */
const server = createServer((socket) => {
  reached += 1;
  socket.on("error", () => undefined);
  socket.pipe(socket);
});
let reached = 0;
let at: Address;
const folder = mkdtempSync(join(tmpdir(), "waypoint-"));
const owned = new DisposableStack();
const waypoints: Waypoint[] = [];

beforeAll(async () => {
  ca = await authority();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  at = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});
afterEach(() => {
  for (const waypoint of waypoints.splice(0)) waypoint[Symbol.dispose]();
  reached = 0;
});
afterAll(() => {
  owned.dispose();
  rmSync(folder, { recursive: true, force: true });
  server.close();
});

async function linkAt(enrolment: string, address: Address, by = ca): Promise<OwnLink> {
  const { certificate, keyPem: key } = await by.issue({ commonName: enrolment, usage: "client" });
  const host = { id: `host_${enrolment}`, name: enrolment };
  return { address, key, enrolled: { enrolment, host, servers: [], certificate, ca: by.certificate } };
}

/** One that listens on a free port, with its link at `address` unless that is undefined. */
async function open(enrolment: string, address: Address | undefined, guests = true) {
  const settings = { listen: { host: "127.0.0.1", port: 0 }, guests, cacheBytes: 50_000_000 };
  const waypoint = createWaypoint({ settings, folder, environment: {}, log: silentLog, servers: () => [at] });
  waypoints.push(waypoint);
  await waypoint.up(await linkAt(enrolment, address ?? at));
  if (address === undefined) waypoint.down();
  return { waypoint, address: { host: "127.0.0.1", port: waypoint.port!, via: true } as const };
}

/** As an agent of the fleet dials; without a name, as one that has not joined. */
async function dial(address: Address, name?: string, by = ca) {
  const member = name === undefined ? undefined : await linkAt(name, address, by);
  const way = await openWay(
    {
      address,
      environment: {},
      ca: ca.certificate,
      ...(member === undefined
        ? {}
        : { certificate: member.enrolled.certificate, key: member.key, hops: [member.enrolled.enrolment] }),
    },
    AbortSignal.timeout(5_000),
  );
  owned.defer(() => way!.socket.destroy());
  return way!;
}

async function echo(socket: Socket, bytes: Buffer): Promise<Buffer> {
  socket.write(bytes);
  return heard(socket, bytes.length);
}

async function heard(socket: Socket, least: number): Promise<Buffer> {
  let all = Buffer.alloc(0);
  for await (const part of socket as AsyncIterable<Buffer>) {
    all = Buffer.concat([all, part]);
    if (all.length >= least) break;
  }
  return all;
}

/** What a waypoint answers to raw bytes, until it closes. */
async function raw({ port }: Address, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  for (const piece of pieces) socket.write(piece);
  socket.end();
  return text(socket).catch(() => "cut");
}

const called = (target: string, ...headers: readonly string[]): string =>
  [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...headers, "", ""].join("\r\n");
const code = (failure: string) => expect.objectContaining({ code: failure });

test("bytes of members and guests reach the server and come back, whole, and the way is told", async () => {
  const { waypoint, address } = await open("enr_a", at);
  const bytes = randomBytes(3_000_000);
  const member = await dial(address, "enr_child");
  expect(member.hops).toEqual(["enr_a"]);
  expect(waypoint.members()).toEqual(["enr_child"]);
  expect((await echo(member.socket, bytes)).equals(bytes)).toBe(true);
  const guest = await dial(address);
  expect((await echo(guest.socket, bytes)).equals(bytes)).toBe(true);
  await expect.poll(() => waypoint.members()).toEqual([]);
});

test("waypoints stand in a row, and the nearest is told first", async () => {
  const far = await open("enr_far", at);
  const near = await open("enr_near", far.address);
  const way = await dial(near.address, "enr_child");
  expect(way.hops).toEqual(["enr_near", "enr_far"]);
  expect(far.waypoint.members()).toEqual(["enr_near"]);
  expect(String(await echo(way.socket, Buffer.from("hello")))).toBe("hello");
});

test("two that lead to each other are found out, without a third turn", async () => {
  const one = await open("enr_one", at);
  const other = await open("enr_other", one.address);
  await one.waypoint.up(await linkAt("enr_one", other.address));
  await expect(dial(one.address, "enr_child")).rejects.toEqual(code("waypoint.loop"));
  await expect(dial(other.address, "enr_child")).rejects.toEqual(code("waypoint.loop"));
  // Its own link is no way for itself either.
  await expect(dial(one.address, "enr_one")).rejects.toEqual(code("waypoint.loop"));
  expect(reached).toBe(0);
});

test("one whose own link is down, or whose server is gone, refuses at once", async () => {
  const down = await open("enr_a", undefined);
  await expect(dial(down.address, "enr_child")).rejects.toEqual(code("waypoint.no-link"));
  const dead = await open("enr_b", { host: "127.0.0.1", port: 1 });
  await expect(dial(dead.address, "enr_child")).rejects.toEqual(code("waypoint.no-link"));
  const behind = await open("enr_c", dead.address);
  await expect(dial(behind.address, "enr_child")).rejects.toEqual(code("waypoint.no-link"));
});

test("one that may not come in itself any more cuts everybody at once, and carries again when it may", async () => {
  const { waypoint, address } = await open("enr_a", at);
  const ways = [await dial(address, "enr_child"), await dial(address)];
  const ends = ways.map(({ socket }) =>
    once(
      socket.on("error", () => undefined),
      "close",
    ),
  );
  waypoint.down();
  waypoint.cut();
  await Promise.all(ends);
  expect(waypoint.members()).toEqual([]);
  await waypoint.up(await linkAt("enr_a", at));
  expect((await dial(address, "enr_child")).hops).toEqual(["enr_a"]);
});

test("one that cannot listen says why, and that it can once the address is free", async () => {
  const told: (string | undefined)[] = [];
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const listen = { host: "127.0.0.1", port: (taken.address() as AddressInfo).port };
  const waypoint = createWaypoint({
    settings: { listen, guests: true, cacheBytes: 0 },
    folder,
    environment: {},
    log: silentLog,
    servers: () => [at],
    told: (problem) => told.push(problem),
  });
  waypoints.push(waypoint);
  await waypoint.up(await linkAt("enr_a", at));
  expect(told).toEqual([expect.stringContaining("EADDRINUSE")]);
  taken.close();
  await once(taken, "close");
  await waypoint.up(await linkAt("enr_a", at));
  expect(told.slice(1)).toEqual([undefined]);
  expect(waypoint.port).toBe(listen.port);
});

test("members of another fleet are no members, and take us for none", async () => {
  const { address } = await open("enr_a", at);
  const other = await authority();
  await expect(dial(address, "enr_child", other)).rejects.toEqual(code("host.offline"));
  const foreign = createWaypoint({
    settings: { listen: { host: "127.0.0.1", port: 0 }, guests: true, cacheBytes: 0 },
    folder,
    environment: {},
    log: silentLog,
    servers: () => [at],
  });
  waypoints.push(foreign);
  await foreign.up(await linkAt("enr_a", at, other));
  await expect(dial({ host: "127.0.0.1", port: foreign.port!, via: true }, "enr_child")).rejects.toEqual(
    code("enrolment.ca-mismatch"),
  );
});

test("it leads to its own server only, and guests only where they are wanted, a few of each address", async () => {
  const { address } = await open("enr_a", at);
  for (const target of ["127.0.0.1:22", "example.org:443", `127.0.0.1:${address.port}`, "[::1]:1"])
    expect(await raw(address, called(target))).toContain("atalaya-failure: waypoint.forbidden");
  const named = connect(address.port, "127.0.0.1");
  owned.defer(() => named.destroy());
  named.write(`${called(`127.0.0.1:${at.port}`)}and back`);
  expect(String(await heard(named, 50))).toMatch(/^HTTP\/1\.1 200[^]*and back$/);
  const closed = await open("enr_b", at, false);
  await expect(dial(closed.address)).rejects.toEqual(code("waypoint.forbidden"));
  expect((await dial(closed.address, "enr_child")).hops).toEqual(["enr_b"]);
  const many = await Promise.all(Array.from({ length: limits.guestsOfAddress }, () => dial(address)));
  await expect(dial(address)).rejects.toEqual(code("waypoint.busy"));
  expect((await dial(address, "enr_child")).hops).toEqual(["enr_a"]);
  for (const { socket } of many) socket.destroy();
  await expect
    .poll(async () =>
      dial(address).then(
        () => "carried",
        () => "refused",
      ),
    )
    .toBe("carried");
});

test("a stranger reads no blob, and requests that are no calls lead nowhere", async () => {
  const { address } = await open("enr_a", at);
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  expect(await raw(address, get(`/blobs/${"0".repeat(64)}?run=run_x`))).toMatch(/^HTTP\/1\.1 405/);
  expect(await raw(address, get(`http://127.0.0.1:${at.port}/`))).toMatch(/^HTTP\/1\.1 405/);
  expect(await raw(address, called(WAYPOINT_TARGET, `Via: ${"x".repeat(9_000)}`))).not.toContain("200");
  expect(await raw(address, called(WAYPOINT_TARGET, "Via: 1.1 squid (v5)"))).toContain("waypoint.malformed");
  expect(reached).toBe(0);
});

test("whatever comes in, nothing but a whole call gets out, and it goes on", { timeout: 30_000 }, async () => {
  const { address } = await open("enr_a", at, false);
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from([0x16, 3, 1, 0, 200, 1, ...bytes])),
    fc.string().map((value) => `CONNECT ${value} HTTP/1.1\r\n`),
    fc.constantFrom("CONNECT ", called(WAYPOINT_TARGET), "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "Via: 1.1 enr_a\r\n"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), async (pieces) => {
      expect(await raw(address, ...pieces)).not.toMatch(/^HTTP\/1\.1 200/);
    }),
    { numRuns: 150 },
  );
  expect(reached).toBe(0);
  expect((await dial(address, "enr_child")).hops).toEqual(["enr_a"]);
});

test("500 members of one address come at once, beside as many who say nothing", { timeout: 30_000 }, async () => {
  const { waypoint, address } = await open("enr_a", at);
  const mute = Array.from({ length: 700 }, () => connect(address.port, "127.0.0.1").on("error", () => undefined));
  const child = await linkAt("enr_child", address);
  const dialling = { ...child.enrolled, key: child.key, address, environment: {} };
  const ways = await Promise.all(Array.from({ length: 500 }, () => openWay(dialling, AbortSignal.timeout(20_000))));
  expect(ways.every((way) => way?.hops[0] === "enr_a")).toBe(true);
  expect(waypoint.members()).toEqual(["enr_child"]);
  for (const way of ways) way?.socket.destroy();
  for (const socket of mute) socket.destroy();
});
