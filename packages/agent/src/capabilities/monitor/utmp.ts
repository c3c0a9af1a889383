/** Who is logged in, from utmp(5). Pure: the layout is glibc's, the same on x64 and arm64. */

export interface LoggedIn {
  readonly name: string;
  readonly terminal: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

const RECORD_BYTES = 384;
const USER_PROCESS = 7;
const MOST_RECORDS = 4_096;

/** Whole records only; a file that was cut in the middle tells what it can. */
export function parseUtmp(bytes: Uint8Array): readonly LoggedIn[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: LoggedIn[] = [];
  const records = Math.min(MOST_RECORDS, Math.floor(bytes.length / RECORD_BYTES));
  for (let n = 0; n < records && found.length < 64; n += 1) {
    const at = n * RECORD_BYTES;
    if (view.getInt16(at, true) !== USER_PROCESS) continue;
    const name = textAt(bytes, at + 44, 32);
    if (name === "") continue;
    const since = view.getUint32(at + 340, true) * 1000;
    found.push({ name, terminal: textAt(bytes, at + 8, 32), since });
  }
  return found;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
