import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { polodIsHere } from "./polod-here.ts";

function machine(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(join(tmpdir(), "polod-"));
  const made = (path: string): string => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    return join(root, path);
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(made(path), text);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, made(path));
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}
const own = { "proc/self/ns/net": "net:[1]" };

test("a polod that is to start with the machine is here, by systemd's links or System V's", async () => {
  using systemd = machine({ "etc/systemd/system/multi-user.target.wants/marcopolo-polod.service": "" });
  using init = machine({ "etc/rc2.d/S20polod": "" });
  using neither = machine({ "etc/systemd/system/multi-user.target.wants/ssh.service": "", "etc/rc2.d/K01polod": "" });
  expect(await polodIsHere(systemd.root)).toBe(true);
  expect(await polodIsHere(init.root)).toBe(true);
  expect(await polodIsHere(neither.root)).toBe(false);
});

test("so is one that runs in this network, whatever interpreter it has", async () => {
  const python = { "proc/77/cmdline": "/usr/bin/python\0/usr/local/bin/polod\0" };
  using here = machine(python, { ...own, "proc/77/ns/net": "net:[1]" });
  using elsewhere = machine(python, { ...own, "proc/77/ns/net": "net:[2]" });
  using other = machine({ "proc/77/cmdline": "vi\0a\0b\0c\0/etc/polod\0" }, { ...own, "proc/77/ns/net": "net:[1]" });
  expect(await polodIsHere(here.root)).toBe(true);
  expect(await polodIsHere(elsewhere.root)).toBe(false);
  expect(await polodIsHere(other.root)).toBe(false);
});
