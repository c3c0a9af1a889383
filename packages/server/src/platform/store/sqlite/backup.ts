import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AtalayaError } from "@atalaya/protocol";

interface BackupNeeds {
  readonly backups: string;
  readonly schema: string;
  readonly now: number;
  /** How many copies stay, this one among them: each is a whole store. */
  readonly keep: number;
  exec(sql: string): Promise<void>;
}

/** Copies the store to `backups/store-<schema>-<time>.sqlite`, keeps the newest copies, and opens the copy to see that it is whole. */
export async function backUpSqlite({ backups, schema, now, keep, exec }: BackupNeeds): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(/[-:]/g, "").replace(/\..*/, "Z");
  const file = join(backups, `store-${schema}-${time}.sqlite`);
  const partial = `${file}.partial`;
  try {
    mkdirSync(backups, { recursive: true, mode: 0o700 });
    rmSync(partial, { force: true });
    await exec(`vacuum into '${partial.replaceAll("'", "''")}'`);
    chmodSync(partial, 0o600);
    verify(partial);
    sync(partial);
    renameSync(partial, file);
    prune(backups, file, keep);
    sync(backups);
    return file;
  } catch (cause) {
    if (existsSync(partial)) rmSync(partial);
    throw new AtalayaError("data.unwritable", `No backup could be made in ${backups}, so the store was not changed`, {
      cause,
      next: "Make room for a copy of the store and start again",
    });
  }
}

/** Keeps the newest; what has another name is somebody's own. */
function prune(backups: string, newest: string, keep: number): void {
  const ours = readdirSync(backups)
    .filter((name) => /^store-.+-\d{8}T\d{6}Z\.sqlite$/.test(name) && join(backups, name) !== newest)
    .toSorted((one, other) => (timeOf(one) < timeOf(other) ? 1 : -1));
  for (const name of ours.slice(keep - 1)) rmSync(join(backups, name));
}

function timeOf(name: string): string {
  return name.slice(-"20310506T070809Z.sqlite".length);
}

function verify(file: string): void {
  using copy = new DatabaseSync(file, { readOnly: true });
  const { quick_check: verdict } = copy.prepare("pragma quick_check(1)").get() as { quick_check: string };
  if (verdict !== "ok") throw new Error(`The copy is damaged: ${verdict}`);
}

function sync(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
