import { types as defaults } from "pg";
import { AtalayaError } from "@atalaya/protocol";

const OID = { int8: 20, numeric: 1700, bytea: 17 } as const;

/** Reads `count`, `sum`, bigint and bytea as SQLite gives them: numbers and plain bytes. */
export const types = {
  getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
    if (format !== "binary") {
      if (oid === OID.int8 || oid === OID.numeric) return safeNumber;
      if (oid === OID.bytea) return plainBytes;
    }
    return defaults.getTypeParser(oid, format as "text") as (value: string) => unknown;
  },
};

function safeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) {
    throw new AtalayaError("server.internal", `The store holds ${text}, which is too large for a number`);
  }
  return number;
}

const buffer = defaults.getTypeParser(OID.bytea) as (value: string) => Buffer;

function plainBytes(text: string): Uint8Array {
  const bytes = buffer(text);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
