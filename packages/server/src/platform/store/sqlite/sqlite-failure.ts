import { AtalayaError } from "@atalaya/protocol";
import type { SqlFailure } from "./messages.ts";

/** A refusal of SQLite, with its extended result code (sqlite.org/rescode.html). */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
  readonly errcode: number;

  constructor(message: string, errcode: number) {
    super(message);
    this.errcode = errcode;
  }
}

// Primary result codes after which the statement was not at fault: BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT,
// FULL, CANTOPEN, NOTADB.
const ENVIRONMENT = new Set([5, 6, 7, 8, 10, 11, 13, 14, 26]);

export function sqliteFailure({ message, errcode }: SqlFailure): Error {
  if (errcode === undefined) return new TypeError(message);
  const error = new SqliteError(message, errcode);
  if (!ENVIRONMENT.has(errcode & 0xff)) return error;
  return new AtalayaError("store.unavailable", `The store cannot work: ${message}`, { cause: error });
}
