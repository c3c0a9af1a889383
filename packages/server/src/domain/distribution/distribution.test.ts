import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { fillInstallScript, readInstallTemplate } from "./install-script.ts";
import { joinLine } from "./join-line.ts";
import { openRuntime } from "./runtime.ts";
import { reachableServers } from "./servers.ts";
import { readFile, writeFile } from "node:fs/promises";

const interfaces = [
  { address: "127.0.0.1", internal: true },
  { address: "10.0.0.5", internal: false, cidr: "10.0.0.5/24" },
  { address: "fd00::5", internal: false, cidr: "fd00::5/64" },
  { address: "fe80::1", internal: false },
];
const reach = (listen: [string, number][], names: string[] = []) =>
  reachableServers({ listen: listen.map(([host, port]) => ({ host, port })), names, interfaces });

test("a wildcard stands for the machine's addresses; given names come first", () => {
  expect(reach([["0.0.0.0", 8443]])).toMatchObject({ servers: ["10.0.0.5:8443"], onlyLoopback: false });
  expect(reach([["::", 8443]])).toMatchObject({ servers: ["10.0.0.5:8443", "[fd00::5]:8443"], onlyLoopback: false });
  expect(
    reach(
      [
        ["127.0.0.1", 8443],
        ["10.0.0.5", 443],
      ],
      ["tower.example.org", "*.relay.example.org"],
    ),
  ).toMatchObject({
    servers: ["tower.example.org:443", "10.0.0.5:443"],
    onlyLoopback: false,
  });
});

test("a machine is sent to the address in its own network first, a person to the one that works for them", () => {
  const cards = [
    ...interfaces,
    { address: "10.7.0.1", internal: false, cidr: "10.7.0.1/16" },
    { address: "192.0.2.1", internal: false, cidr: null },
  ];
  const { servers, towards } = reachableServers({
    listen: [{ host: "::", port: 1 }],
    names: ["tower.example.org"],
    interfaces: cards,
  });
  expect(servers).toEqual(["tower.example.org:1", "10.0.0.5:1", "10.7.0.1:1", "192.0.2.1:1", "[fd00::5]:1"]);
  expect(towards("10.7.200.9").slice(0, 2)).toEqual(["10.7.0.1:1", "tower.example.org:1"]);
  expect(towards("fd00::99")[0]).toBe("[fd00::5]:1");
  expect(towards("192.0.2.1")[0]).toBe("192.0.2.1:1");
  for (const unknown of [undefined, "", "203.0.113.9", "evil.example", "::1"])
    expect(towards(unknown)).toEqual(servers);
});

test("loopback is only offered when there is nothing else", () => {
  expect(
    reach(
      [
        ["127.0.0.1", 8443],
        ["::1", 8443],
      ],
      ["tower.example.org"],
    ),
  ).toMatchObject({ servers: ["127.0.0.1:8443", "[::1]:8443"], onlyLoopback: true });
});

test("the line warns only when nobody else could use it", () => {
  const parts = { servers: ["tower:9443"], token: "atj_x", installSha256: "ab" };
  expect(joinLine({ ...parts, onlyLoopback: false })).toEqual({
    line: expect.stringContaining("https://tower:9443/install.sh"),
  });
  expect(joinLine({ ...parts, onlyLoopback: true }).warning).toContain("ATALAYA_LISTEN=0.0.0.0:9443 ");
});

test("nothing that could end its quotes gets into the script", async () => {
  const template = await readInstallTemplate();
  const parts = { servers: ["a:1"], caPem: "x", bundleSha256: "ab", runtimeSha256: {}, terminalSha256: {} };
  expect(fillInstallScript(template, parts)).not.toContain("@@");
  expect(() => fillInstallScript(template, { ...parts, servers: ["a'; rm -rf /; '"] })).toThrow("SERVERS");
  expect(() => fillInstallScript(template, { ...parts, caPem: "$(reboot)'" })).toThrow("CA_PEM");
});

test("a runtime is compressed once, also when many ask at once, and kept", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-runtime-"));
  const binary = join(folder, "node");
  await writeFile(binary, "x".repeat(100_000));
  const runtime = (await openRuntime("x64", binary, join(folder, "dist")))!;
  expect(runtime.sha256).toBe(createHash("sha256").update("x".repeat(100_000)).digest("hex"));
  const [one, two] = await Promise.all([runtime.compressed(), runtime.compressed()]);
  expect(one).toBe(two);
  expect(gunzipSync(await readFile(one)).toString()).toBe("x".repeat(100_000));
  expect(await (await openRuntime("x64", binary, join(folder, "dist")))!.compressed()).toBe(one);
  expect(await openRuntime("arm64", join(folder, "missing"), folder)).toBeUndefined();
  await rm(folder, { recursive: true });
});
