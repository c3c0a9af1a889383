/** What the managers write, as they wrote it: the samples are theirs, shortened. */
import fc from "fast-check";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseApkDatabase, parseWorld, apk } from "./apk.ts";
import { changesOf } from "./changes.ts";
import { aptReport, dpkg, parsePolicy } from "./dpkg.ts";
import { parseDpkgStatus } from "./dpkg-status.ts";
import { parseLocks } from "./lock.ts";
import type { Captured, Deed, Manager } from "./manager.ts";
import { npm } from "./npm.ts";
import { pacman, parseIgnored, parsePacmanDesc } from "./pacman.ts";
import { parseRpmList, parseVersionLock, rpm } from "./rpm.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "managers-"));
});
afterAll(() => rm(root, { recursive: true }));

const DPKG = `Package: bash
Essential: yes
Status: install ok installed
Priority: required
Architecture: amd64
Version: 5.2.15-2+b2
Conffiles:
 /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter.

Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36-9

Package: nginx
Status: hold ok installed
Architecture: amd64
Version: 1.22.1-9

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: torn
Status: install reinstreq half-installed
Architecture: all
Version: 0.1
`;

const RPM = `gpg-pubkey\t0\t5323552a-6112bcdc\t(none)
bash\t0\t5.1.8-6.el9\tx86_64
openssl\t1\t3.0.7-24.el9\tx86_64
tzdata\t0\t2023c-1.el9\tnoarch
`;

const APK = `C:Q1sVrQyQ5Ek9/clI1rkKjgINqJNu8=
P:musl
V:1.2.4-r2
A:x86_64
S:407278
F:lib
R:ld-musl-x86_64.so.1

C:Q1nOSHyS8ThiVGfPuNxvX8pBZbTD8=
P:busybox
V:1.36.1-r5
A:x86_64

P:torn
V:1-r0
f:f
`;

const PACMAN = `%NAME%
zlib

%VERSION%
1:1.3.1-1

%BASE%
zlib

%ARCH%
x86_64

%LICENSE%
Zlib
`;

test("dpkg's database", () => {
  expect(parseDpkgStatus(DPKG)).toEqual([
    { name: "bash", version: "5.2.15-2+b2", manager: "dpkg", arch: "amd64", status: "installed" },
    { name: "libc6", version: "2.36-9", manager: "dpkg", arch: "amd64", status: "installed" },
    { name: "libc6:i386", version: "2.36-9", manager: "dpkg", arch: "i386", status: "installed" },
    { name: "nginx", version: "1.22.1-9", manager: "dpkg", arch: "amd64", status: "held" },
    { name: "torn", version: "0.1", manager: "dpkg", arch: "all", status: "broken" },
  ]);
});

test("rpm's list and its locked versions", () => {
  const held = parseVersionLock("# Added lock on Mon\nopenssl-1:3.0.7-24.el9.*\n!bash-0:5.1.8-9.el9.*\n");
  expect(parseRpmList(RPM, held)).toEqual([
    { name: "bash", version: "5.1.8-6.el9", manager: "rpm", arch: "x86_64", status: "installed" },
    { name: "openssl", version: "1:3.0.7-24.el9", manager: "rpm", arch: "x86_64", status: "held" },
    { name: "tzdata", version: "2023c-1.el9", manager: "rpm", arch: "noarch", status: "installed" },
  ]);
});

test("apk's database and world", () => {
  expect(parseApkDatabase(APK, parseWorld("alpine-base\nbusybox=1.36.1-r5\nnginx>1.2\n"))).toEqual([
    { name: "busybox", version: "1.36.1-r5", manager: "apk", arch: "x86_64", status: "held" },
    { name: "musl", version: "1.2.4-r2", manager: "apk", arch: "x86_64", status: "installed" },
    { name: "torn", version: "1-r0", manager: "apk", status: "broken" },
  ]);
});

test("pacman's database and settings", () => {
  expect(parsePacmanDesc(PACMAN, parseIgnored("#IgnorePkg = a\nIgnorePkg   = linux zlib\n"))).toEqual({
    name: "zlib",
    version: "1:1.3.1-1",
    manager: "pacman",
    arch: "x86_64",
    status: "held",
  });
  expect(parsePacmanDesc("torn", new Set())).toBeUndefined();
});

test("what apt offers", () => {
  const offers = parsePolicy(`hello:
  Installed: (none)
  Candidate: 2.10-3
  Version table:
     2.10-3 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 2.10-2 100
        100 /var/lib/dpkg/status
mail-transport-agent:
  Installed: (none)
  Candidate: (none)
  Version table:
`);
  expect([...offers].map(([name, versions]) => [name, [...versions]])).toEqual([["hello", ["2.10-3", "2.10-2"]]]);
});

test("what apt reports", () => {
  expect(aptReport("dlstatus:1:40.5:Retrieving file 1 of 2 (4s remaining)")).toEqual({ percent: 20.25, endable: true });
  expect(aptReport("pmstatus:hello:50.0000:Unpacking hello (amd64)")).toEqual({ percent: 75, endable: false });
  expect(aptReport("pmerror:/var/cache/x.deb:50:trying to overwrite '/a': b")).toEqual({
    endable: false,
    error: "trying to overwrite '/a': b",
  });
  expect(aptReport("media-change: x")).toBeUndefined();
});

test("who holds a lock", () => {
  const text = `1: POSIX  ADVISORY  WRITE 4242 08:01:131081 0 EOF
1: -> POSIX  ADVISORY  WRITE 77 08:01:131081 0 EOF
2: FLOCK  ADVISORY  WRITE -1 00:2f:99 0 EOF
3: POSIX  ADVISORY  READ  8 08:01:1 128 128
`;
  expect(parseLocks(text)).toEqual([
    { pid: 4242, device: "08:01", inode: 131081 },
    { pid: -1, device: "00:2f", inode: 99 },
  ]);
});

test("no parser throws, whatever it reads", () => {
  const parsers = [parseDpkgStatus, parsePolicy, parseLocks, parseVersionLock, parseWorld, parseIgnored, aptReport];
  const lines = fc.stringMatching(/^(Package: |P:|%NAME%\n|Status: |\t|:|[a-z0-9. -]{0,8}|\n)*$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), lines), (text) => {
      for (const parse of parsers) parse(text);
      parseRpmList(text, new Set());
      parseApkDatabase(text, new Set());
      parsePacmanDesc(text, new Set());
    }),
  );
});

describe("names", () => {
  const ask = async (): Promise<Captured> => ({ exitCode: 1, stdout: "", stderr: "" });
  const managers: readonly Manager[] = [
    dpkg({ ask }),
    npm({ ask, program: "/usr/bin/npm" }),
    rpm({ ask, front: "/usr/bin/dnf" }),
    apk(),
    pacman({ ask }),
  ];
  test.each(managers.map((manager) => [manager.kind, manager] as const))(
    "that %s takes are never options, paths or several words",
    (_, manager) => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-a-z@/. ;$]{1,9}$/)), (name) => {
          if (manager.wrong({ name }) !== undefined) return;
          expect(name).not.toMatch(/^[-.]|(^|\/)\.\.(\/|$)|^\/|[\s;$`'"|&<>\\]/);
          if (!name.startsWith("@")) expect(name).not.toContain("/");
        }),
      );
    },
  );
  test("npm takes no range, path or address for a version", () => {
    for (const version of ["../x", "file:x", "https://x", "^1", "1 || 2", "git+ssh://x"])
      expect(managers[1]!.wrong({ name: "x", version })).toBeDefined();
    expect(managers[1]!.wrong({ name: "@scope/x", version: "1.0.0-rc.1" })).toBeUndefined();
  });
});

describe("other systems' managers", () => {
  const deed = (over: Partial<Deed>): Deed => ({
    action: "install",
    names: [],
    purge: false,
    lockWaitMs: 5_000,
    ...over,
  });
  const words = async (manager: Manager, over: Partial<Deed>) =>
    (await manager.plan(deed(over), await manager.list())).map(({ program, args }) => [program, ...args].join(" "));

  test("apk", async () => {
    await mkdir(join(root, "lib/apk/db"), { recursive: true });
    await writeFile(join(root, "lib/apk/db/installed"), APK);
    const manager = apk({ root });
    const start = "/sbin/apk --no-interactive --no-progress --wait 5";
    expect(await words(manager, { names: [{ name: "nginx", version: "1.24.0-r7" }, { name: "curl" }] })).toEqual([
      `${start} add nginx=1.24.0-r7 curl`,
    ]);
    expect(await words(manager, { action: "hold", names: [{ name: "musl" }] })).toEqual([`${start} add musl=1.2.4-r2`]);
    expect(await words(manager, { action: "remove", names: [{ name: "musl" }, { name: "nginx" }] })).toEqual([
      `${start} del musl`,
    ]);
    expect(await words(manager, { action: "upgrade" })).toEqual([`${start} upgrade`]);
    expect(
      manager.problemOf(
        "ERROR: unable to select packages:\n  nope (no such package):\n    required by: world[nope]\n",
        1,
      ),
    ).toEqual({
      code: "package.unknown",
      message: "apk offers no package nope",
    });
    expect(manager.problemOf("ERROR: Unable to lock database: Resource temporarily unavailable\n", 99).code).toBe(
      "package.locked",
    );
  });

  test("dnf", async () => {
    const ask = async (): Promise<Captured> => ({ exitCode: 0, stdout: RPM, stderr: "" });
    const manager = rpm({ front: "/usr/bin/dnf", ask, root });
    const start = "/usr/bin/dnf -y --color=never";
    expect(await words(manager, { names: [{ name: "nginx", version: "1:1.20.1-14.el9" }] })).toEqual([
      `${start} install nginx-1:1.20.1-14.el9`,
    ]);
    expect(await words(manager, { action: "hold", names: [{ name: "bash" }] })).toEqual([
      `${start} versionlock add bash`,
    ]);
    expect(await words(manager, { action: "upgrade" })).toEqual([`${start} upgrade`]);
    await expect(words(manager, { action: "hold", names: [{ name: "nope" }] })).rejects.toMatchObject({
      code: "package.unknown",
    });
    expect(manager.problemOf("No match for argument: nope\nError: Unable to find a match: nope\n", 1)).toEqual({
      code: "package.unknown",
      message: "dnf offers no package nope",
    });
  });

  test("pacman", async () => {
    await mkdir(join(root, "var/lib/pacman/local/zlib-1:1.3.1-1"), { recursive: true });
    await writeFile(join(root, "var/lib/pacman/local/zlib-1:1.3.1-1/desc"), PACMAN);
    const manager = pacman({ ask: async () => ({ exitCode: 1, stdout: "", stderr: "" }), root });
    const start = "/usr/bin/pacman --noconfirm --noprogressbar --color=never";
    expect(await words(manager, { names: [{ name: "nginx" }, { name: "x", file: "/tmp/x.pkg.tar.zst" }] })).toEqual([
      `${start} -S --needed -- nginx`,
      `${start} -U -- /tmp/x.pkg.tar.zst`,
    ]);
    expect(await words(manager, { action: "remove", names: [{ name: "zlib" }] })).toEqual([`${start} -R -- zlib`]);
    await expect(words(manager, { names: [{ name: "nginx", version: "1" }] })).rejects.toMatchObject({
      code: "package.unsupported",
    });
    expect(manager.problemOf("error: target not found: nope\n", 1).code).toBe("package.unknown");
  });
});

test("what changed is told by name, what was asked for first", () => {
  const one = (name: string, version: string, status: "installed" | "held" = "installed") =>
    ({ name, version, manager: "dpkg", status }) as const;
  expect(
    changesOf(
      [one("a", "1"), one("b", "1"), one("gone", "1")],
      [one("a", "1"), one("b", "2"), one("dep", "3"), one("w", "1", "held")],
      ["w", "a", "nope"],
    ),
  ).toEqual([
    { name: "w", outcome: "installed", after: "1" },
    { name: "a", outcome: "unchanged", before: "1", after: "1" },
    { name: "nope", outcome: "unchanged" },
    { name: "b", outcome: "changed", before: "1", after: "2" },
    { name: "gone", outcome: "removed", before: "1" },
    { name: "dep", outcome: "installed", after: "3" },
  ]);
});
