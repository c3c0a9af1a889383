import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findServer, UsageError } from "./session.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "atalaya-session-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function serverIn(data: string, url = "https://127.0.0.1:8443"): void {
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "server.json"), JSON.stringify({ url }));
  writeFileSync(join(data, "local-token"), "atl_one\n", { mode: 0o600 });
  writeFileSync(join(data, "ca.pem"), "PEM");
}

function file(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const tokenOf = ({ token }: ReturnType<typeof findServer>): string | undefined =>
  typeof token === "function" ? token() : token;

test("the server of this machine is known by what it left, and its token is read anew each time", () => {
  const data = join(folder, "data");
  serverIn(data);
  const found = findServer({}, { ATALAYA_DATA: data });
  expect(found).toMatchObject({ url: "https://127.0.0.1:8443", ca: "PEM" });
  expect(tokenOf(found)).toBe("atl_one");
  writeFileSync(join(data, "local-token"), "atl_two\n");
  expect(tokenOf(found)).toBe("atl_two");
});

test("options win over variables, and what is not given comes from the server of this machine", () => {
  const data = join(folder, "data");
  serverIn(data);
  const env = { ATALAYA_DATA: data, ATALAYA_SERVER: "https://other:1", ATALAYA_TOKEN: "atl_env" };
  expect(findServer({ server: "https://127.0.0.1:8443/" }, { ATALAYA_DATA: data })).toMatchObject({ ca: "PEM" });
  expect(findServer({ tokenFile: file("token", "atl_file\n") }, env)).toEqual({
    url: "https://other:1",
    token: "atl_file",
  });
  // Another server is sent nothing that belongs to this one.
  expect(findServer({}, { ...env, ATALAYA_TOKEN: undefined })).toEqual({ url: "https://other:1" });
});

test("a token that others may read, or a file that is not there, is wrong usage", () => {
  const env = { ATALAYA_SERVER: "https://a:1" };
  expect(() => findServer({ tokenFile: file("open", "x", 0o644) }, env)).toThrow(/chmod 600/);
  expect(() => findServer({ tokenFile: join(folder, "none") }, env)).toThrow(UsageError);
  expect(() => findServer({ ca: join(folder, "none") }, env)).toThrow(UsageError);
});

test("without any server it says how to name one; what a server left half written is told", () => {
  const nothing = join(folder, "nothing");
  expect(() => findServer({}, { ATALAYA_DATA: nothing })).toThrow(`No server has its data in ${nothing}`);
  file("server.json", "{");
  expect(() => findServer({ data: folder }, {})).toThrow(/does not say where the server is/);
});

test("an address may be written without its scheme, and what is none is a wrong call", () => {
  const env = { ATALAYA_TOKEN: "atl_env" };
  expect(findServer({ server: "tower.lab:8443" }, env).url).toBe("https://tower.lab:8443");
  expect(findServer({ server: "[::1]:8443" }, env).url).toBe("https://[::1]:8443");
  for (const wrong of ["http://tower.lab", "tower lab", "https://", "ftp://x", ":8443"])
    expect(() => findServer({ server: wrong }, env)).toThrow(UsageError);
});
