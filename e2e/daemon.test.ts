/** The server in the background, as an administrator meets it: real processes, real accounts, real files. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import tls from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callServer, freePort, serverProcess } from "@atalaya/testkit";
import { markOf } from "../packages/server/src/platform/daemon/process-mark.ts";
import { foreignCertificate, hasOpenssl } from "../packages/server/src/platform/pki/openssl.testing.ts";

const main = fileURLToPath(import.meta.resolve("@atalaya/server/main"));
const agentMain = fileURLToPath(import.meta.resolve("@atalaya/agent/main"));
const isRoot = process.geteuid?.() === 0;
const USER = "atalaya-test";
const ACCOUNT = { uid: 64_201, gid: 64_202, group: 64_203 };

let folder: string;
let data: string;
const begun: number[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atalaya-daemon-"));
  await chmod(folder, 0o755);
  data = join(folder, "data");
});
afterEach(async () => {
  for (const pid of begun.splice(0)) if (await isAlive(pid)) process.kill(pid, "SIGKILL");
  await rm(folder, { recursive: true });
});

function isKeeper(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("keeper.program.ts");
}

type Env = Readonly<Record<string, string>>;
interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Calls the server's program with these words and waits for its end. `inside` is a command to call it by. */
async function server(words: string, env: Env = {}, inside: readonly string[] = []): Promise<Said> {
  const [program, ...args] = [...inside, process.execPath, main, ...words.split(" ").filter(Boolean)];
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("ATALAYA_"));
  const options = {
    cwd: folder,
    env: {
      ...Object.fromEntries(own),
      ATALAYA_DATA: data,
      ATALAYA_LISTEN: "127.0.0.1:0",
      ATALAYA_LOCAL_AGENT: "off",
      ...env,
    },
  };
  return promisify(execFile)(program!, args, options).then(
    ({ stdout, stderr }) => ({ status: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      status: error.code,
      out: error.stdout,
      err: error.stderr,
    }),
  );
}

async function started(env: Env = {}, inside: readonly string[] = []): Promise<number> {
  const said = await server("--daemon", env, inside);
  expect(said).toMatchObject({ status: 0, err: "", out: expect.stringMatching(/^Atalaya .* is ready at https:/m) });
  return pidIn(said);
}

function pidIn({ out }: Said): number {
  const pid = Number(/process +(\d+) /.exec(out)?.[1]);
  begun.push(pid);
  return pid;
}

async function addressOf(): Promise<{ readonly host: string; readonly port: number }> {
  const { url } = JSON.parse(await readFile(join(data, "server.json"), "utf8")) as { url: string };
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** One whose new parent has not looked is over all the same. */
const isAlive = async (pid: number): Promise<boolean> => (await markOf(pid)) !== undefined;

describe("a server in the background", () => {
  test("is ready when its start returns, stands on its own, is found, and stops in order", async () => {
    const pid = await started({ ATALAYA_DAEMON: "on" });
    const { host, port } = await addressOf();
    const ca = await readFile(join(data, "ca.pem"), "utf8");
    expect((await callServer({ host, port, ca }, "GET", "/readyz")).status).toBe(200);
    // pid (name) state ppid pgrp session tty
    const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
    expect([fields[3], fields[4]]).toEqual([String(pid), "0"]);
    expect(execFileSync("readlink", [`/proc/${pid}/cwd`], { encoding: "utf8" }).trim()).toBe("/");
    expect((await stat(join(data, "server.log"))).mode & 0o777).toBe(0o600);

    expect(await server("status")).toMatchObject({
      status: 0,
      out: expect.stringContaining(`process ${pid} at https://127.0.0.1:${port}`),
    });
    expect(await server("--daemon")).toMatchObject({ status: 1, err: expect.stringContaining("(daemon.running)") });
    expect(await server("stop")).toMatchObject({ status: 0, out: expect.stringMatching(/committed … done\n$/) });
    expect(await isAlive(pid)).toBe(false);
    expect(await readdir(data)).not.toContain("server.pid");
    expect(await server("status")).toMatchObject({ status: 3, out: expect.stringContaining("No server runs here") });
    expect(await server("stop")).toMatchObject({ status: 0, out: expect.stringContaining("No server runs here") });
  });

  test("in the foreground is known to status, and not stopped behind the back of whoever looks at it", async () => {
    await using foreground = await serverProcess({ data });
    const who = `in the foreground, as process ${foreground.process.pid} at ${foreground.url}`;
    expect(await server("status")).toMatchObject({ status: 0, out: expect.stringContaining(who) });
    const stopped = await server("stop");
    expect(stopped).toMatchObject({ out: "", err: expect.stringContaining("(daemon.not-running)") });
    expect(stopped.err).toContain(who);
    await foreground.end("SIGTERM");
    expect(await server("status")).toMatchObject({ status: 3, out: expect.stringContaining("No server runs here") });
  });

  test("that cannot bind says the very sentence of the foreground, ends with its status, and leaves nobody behind", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const taken = { ATALAYA_LISTEN: `127.0.0.1:${port}` };
    const [background, foreground] = [await server("--daemon", taken), await server("", taken)];
    expect(background).toEqual({ status: 1, out: "", err: foreground.err });
    expect(background.err).toContain(`127.0.0.1:${port} is in use by another program`);
    expect(await readdir(data)).toEqual(["server.log"]);
    other.close();
  });

  test("that fails after it was bound does so too", async () => {
    await mkdir(join(data, "pki"), { recursive: true });
    await writeFile(join(data, "pki/authority.pem"), "half of i");
    const said = await server("--daemon");
    expect(said).toMatchObject({
      status: 1,
      err: expect.stringMatching(/authority\.pem is damaged[^]*\(data\.damaged\)/),
    });
    expect(await readdir(data)).not.toContain("server.pid");
  });

  test("wrong settings and unknown words are said at once", async () => {
    const wrong = await server("--daemon", { ATALAYA_LISTEN: "nowhere" });
    expect(wrong).toMatchObject({ status: 2, err: expect.stringContaining("ATALAYA_LISTEN") });
    expect(await server("--deamon")).toMatchObject({ status: 2, err: expect.stringContaining('"--deamon"') });
    expect(await server("--help")).toMatchObject({ status: 0, out: expect.stringContaining("--daemon") });
    await expect(readdir(data)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("takes the place of one that was killed, and relative paths are those of its start", async () => {
    const files = { ATALAYA_DATA: "data", ATALAYA_PID_FILE: "run/a.pid", ATALAYA_LOG_FILE: "log/a.log" };
    const first = await started(files);
    process.kill(first, "SIGKILL");
    await expect.poll(() => isAlive(first)).toBe(false);
    expect((await server("status", files)).status).toBe(3);
    const second = await started(files);
    expect((await readFile(join(folder, "run/a.pid"), "utf8")).split("\n")[0]).toBe(String(second));
    expect(await readFile(join(folder, "log/a.log"), "utf8")).toContain("in the background");
    expect((await server("stop", files)).status).toBe(0);
    expect(await readdir(join(folder, "run"))).toEqual([]);
  });

  test.skipIf(!hasOpenssl)(
    "shows a replaced certificate after SIGHUP, and its own machine joins all the same",
    async () => {
      const name = "tower.example.org";
      const [one, two] = [await foreignCertificate(`DNS:${name}`), await foreignCertificate(`DNS:${name}`)];
      const files = { ATALAYA_CERTIFICATE: join(folder, "cert.pem"), ATALAYA_KEY: join(folder, "key.pem") };
      const put = async (pair: typeof one): Promise<void> => {
        await writeFile(files.ATALAYA_CERTIFICATE, pair.certificatePem);
        await writeFile(files.ATALAYA_KEY, pair.keyPem);
      };
      await put(one);
      const pid = await started({ ...files, ATALAYA_LOCAL_AGENT: "on" });
      const { port } = await addressOf();
      const shown = async (): Promise<string> => {
        const socket = tls.connect({ port, host: "127.0.0.1", servername: name, rejectUnauthorized: false });
        await once(socket, "secureConnect");
        const pem = socket.getPeerX509Certificate()!.toString();
        socket.destroy();
        return pem;
      };
      expect(await shown()).toBe(one.certificatePem);
      await put(two);
      process.kill(pid, "SIGHUP");
      await expect.poll(shown).toBe(two.certificatePem);
      expect(await isAlive(pid)).toBe(true);
      const token = (await readFile(join(data, "local-token"), "utf8")).trim();
      const ca = await readFile(join(data, "ca.pem"), "utf8");
      const hosts = () =>
        callServer<{ items: { state: string }[] }>({ host: "127.0.0.1", port, ca, token }, "GET", "/api/v1/hosts");
      await expect.poll(async () => (await hosts()).body.items.map(({ state }) => state)).toEqual(["online"]);
      await rm(files.ATALAYA_KEY);
      expect((await server("stop", files)).status).toBe(0);
      const gone = await server("--daemon", files);
      expect(gone).toMatchObject({ status: 2, err: expect.stringContaining("key.pem cannot be read") });
    },
  );
});

/** Its own network, so that port 443 is free, and its own accounts, so that the machine's stay as they are. */
async function withAccount(): Promise<readonly string[]> {
  const [passwd, group] = [join(folder, "passwd"), join(folder, "group")];
  const { uid, gid, group: other } = ACCOUNT;
  await writeFile(passwd, `${await readFile("/etc/passwd", "utf8")}${USER}:x:${uid}:${gid}::/nonexistent:/bin/false\n`);
  await writeFile(
    group,
    `${await readFile("/etc/group", "utf8")}${USER}:x:${gid}:\n${USER}-certs:x:${other}:${USER}\n`,
  );
  const script = `mount --bind ${passwd} /etc/passwd && mount --bind ${group} /etc/group && ip link set lo up && exec "$@"`;
  return ["unshare", "--mount", "--net", "sh", "-c", script, "sh"];
}
const canMakeAccounts = isRoot && spawnSync("unshare", ["--mount", "--net", "true"]).status === 0;

async function idsOf(pid: number) {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  const numbers = (name: string) => new RegExp(`^${name}:\\s+(.*?)\\s*$`, "m").exec(text)![1]!.split(/\s+/).map(Number);
  return {
    uid: numbers("Uid"),
    gid: numbers("Gid"),
    groups: numbers("Groups"),
    caps: /^CapEff:\s+(\w+)/m.exec(text)![1],
  };
}
const dropped = {
  uid: Array.from({ length: 4 }, () => ACCOUNT.uid),
  gid: Array.from({ length: 4 }, () => ACCOUNT.gid),
  groups: [ACCOUNT.gid, ACCOUNT.group],
  caps: "0".repeat(16),
};

async function strangersIn(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of ["", ...(await readdir(path, { recursive: true }))]) {
    const { uid, gid } = await lstat(join(path, entry));
    // Whoever writes the PID file may end the process it names: it stays root's.
    if (entry !== "server.pid" && (uid !== ACCOUNT.uid || gid !== ACCOUNT.gid)) found.push(entry);
  }
  return found;
}

test.skipIf(!canMakeAccounts || !hasOpenssl)(
  "a machine joins by the public name of a server that has a certificate for it",
  async () => {
    const name = "tower.example.org";
    const pair = await foreignCertificate(`DNS:${name}`);
    const file = join(folder, "both.pem");
    await writeFile(file, pair.certificatePem + pair.keyPem);
    await started({ ATALAYA_CERTIFICATE: file });
    const { port } = await addressOf();
    const [token, ca] = await Promise.all(["local-token", "ca.pem"].map((kept) => readFile(join(data, kept), "utf8")));
    const target = { host: "127.0.0.1", port, ca: ca!, token: token!.trim() };
    const made = await callServer<{ token: string }>(target, "POST", "/api/v1/join-tokens", {});
    const hosts = join(folder, "hosts");
    await writeFile(hosts, `127.0.0.1 localhost ${name}\n`);
    const join_ = [process.execPath, agentMain, "join", "--data", join(folder, "agent"), "--server", `${name}:${port}`];
    const script = `mount --bind ${hosts} /etc/hosts && exec "$@"`;
    const said = execFileSync("unshare", ["--mount", "sh", "-c", script, "sh", ...join_], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: process.env["PATH"], ATALAYA_JOIN_TOKEN: made.body.token },
    });
    expect(said).toContain(`at ${name}:${port}`);
  },
);

describe.skipIf(!canMakeAccounts)("a server that root starts for an account", () => {
  const as = { ATALAYA_USER: USER };

  test("binds port 443, becomes the account with its groups for good, and makes every file as it", async () => {
    const inside = await withAccount();
    const said = await server(
      "--daemon",
      { ...as, ATALAYA_LISTEN: "127.0.0.1:443", ATALAYA_LOCAL_AGENT: "on" },
      inside,
    );
    expect(said).toMatchObject({ status: 0, err: "" });
    expect(said.out).toContain(`the agent here runs as ${USER}, not root`);
    const pid = pidIn(said);
    expect(await idsOf(pid)).toEqual(dropped);
    const agents = execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
    expect(agents.length).toBeGreaterThan(0);
    // What asks PAM stays root, and is the only one that does.
    const keeper = agents.filter((child) => isKeeper(child));
    expect(keeper).toHaveLength(1);
    for (const agent of agents) if (!keeper.includes(agent)) expect(await idsOf(agent)).toEqual(dropped);
    for (const thread of await readdir(`/proc/${pid}/task`))
      expect(await readFile(`/proc/${pid}/task/${thread}/status`, "utf8")).toMatch(`Uid:\t${ACCOUNT.uid}\t`);
    expect(await strangersIn(data)).toEqual([]);
    expect((await stat(data)).mode & 0o777).toBe(0o700);

    const ask = `fetch("https://127.0.0.1/readyz").then((r) => r.text()).then(console.log)`;
    const answer = execFileSync("nsenter", ["-n", "-t", String(pid), process.execPath, "-e", ask], {
      encoding: "utf8",
      env: { ...process.env, NODE_EXTRA_CA_CERTS: join(data, "ca.pem") },
    });
    expect(answer.trim()).toBe("ready");
    expect((await server("status")).status).toBe(0);
    expect((await server("stop")).status).toBe(0);
    expect(await readdir(data)).not.toContain("server.pid");
  });

  test("gets the data of an earlier server of root's, and lives with a PID file in a folder of root's", async () => {
    const inside = await withAccount();
    await started();
    expect((await server("stop")).status).toBe(0);
    expect((await stat(data)).uid).toBe(0);

    const run = join(folder, "run");
    await mkdir(run, { mode: 0o755 });
    const files = { ...as, ATALAYA_PID_FILE: join(run, "a.pid"), ATALAYA_LOG_FILE: join(folder, "log/a.log") };
    const pid = await started(files, inside);
    expect(await idsOf(pid)).toEqual(dropped);
    expect(await strangersIn(data)).toEqual([]);
    expect(await strangersIn(join(folder, "log"))).toEqual([]);
    expect((await stat(files.ATALAYA_PID_FILE)).uid).toBe(0);
    expect((await server("stop", files, inside)).status).toBe(0);
    // The account cannot remove a name from root's folder: it left the file empty.
    expect((await stat(files.ATALAYA_PID_FILE)).size).toBe(0);
    expect((await server("status", files, inside)).status).toBe(3);
    await started(files, inside);
    expect((await server("stop", files, inside)).status).toBe(0);
  });

  test("gives up being root in the foreground as well", async () => {
    const inside = await withAccount();
    const port = await freePort();
    const life = server(
      "",
      { ...as, ATALAYA_PID_FILE: join(folder, "fg.pid"), ATALAYA_LISTEN: `127.0.0.1:${port}` },
      inside,
    );
    const pid = async () => Number((await readFile(join(folder, "fg.pid"), "utf8").catch(() => "0")).split("\n")[0]);
    await expect
      .poll(async () => (await readFile(join(data, "server.json"), "utf8").catch(() => "")) !== "", { timeout: 20_000 })
      .toBe(true);
    begun.push(await pid());
    expect(await idsOf(await pid())).toEqual(dropped);
    expect((await server("stop", { ATALAYA_PID_FILE: join(folder, "fg.pid") })).status).toBe(0);
    expect(await life).toMatchObject({ status: 0, out: expect.stringMatching(/is ready at[^]*Stopped\.\n$/) });
  });

  test("is refused for an account that is not there, for a folder that is not its own, and to who is not root", async () => {
    expect(await server("--daemon", { ATALAYA_USER: "nobody-has-this-name" })).toMatchObject({
      status: 2,
      err: expect.stringContaining('there is no account "nobody-has-this-name"'),
    });
    await mkdir(data, { mode: 0o700 });
    await writeFile(join(data, "thesis.tex"), "");
    expect(await server("--daemon", { ATALAYA_USER: "nobody" })).toMatchObject({
      status: 1,
      err: expect.stringMatching(/thesis\.tex[^]*\(data\.unwritable\)/),
    });
    expect((await stat(data)).uid).toBe(0);
    const unprivileged = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
    const env = { ATALAYA_USER: "daemon", ATALAYA_DATA: join(folder, "other") };
    expect(await server("--daemon", env, unprivileged)).toMatchObject({
      status: 1,
      err: expect.stringMatching(/Only root can become daemon[^]*\(privileges\.missing\)/),
    });
  });
});
