import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AtalayaError } from "@atalaya/protocol";

interface BackupNeeds {
  readonly backups: string;
  readonly schema: string;
  readonly now: number;
  exec(sql: string): Promise<void>;
}

/** Copies the store to `backups/store-<schema>-<time>.sqlite` and opens the copy to see that it is whole. */
export async function backUpSqlite({ backups, schema, now, exec }: BackupNeeds): Promise<string> {
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
