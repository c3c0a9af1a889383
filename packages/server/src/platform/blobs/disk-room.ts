import { statfs } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";

/** What is written may take of the disk. */
export interface DiskRoom {
  /** Throws `disk.full` when these bytes would leave less than the reserve. */
  need(bytes: number): Promise<void>;
}

/** Looking costs a call; others write too, so what was seen free is not believed for long. */
const AT_ONCE_BYTES = 16 * 1024 ** 2;

export function diskRoom(folder: string, reserveBytes: number): DiskRoom {
  let granted = 0;
  return {
    async need(bytes) {
      if (bytes > granted) {
        const { bavail, bsize } = await statfs(folder);
        const room = bavail * bsize - reserveBytes;
        if (room < bytes) throw diskFull({ needed: bytes, free: bavail * bsize, reserve: reserveBytes });
        granted = Math.min(room, Math.max(bytes, AT_ONCE_BYTES));
      }
      granted -= bytes;
    },
  };
}

/** The disk's own refusal, where somebody else was faster. */
export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
}

export function diskFull(details?: Readonly<Record<string, number>>, cause?: unknown): AtalayaError {
  return new AtalayaError("disk.full", "The server's disk has no room for this.", {
    ...(details === undefined ? {} : { details }),
    ...(cause === undefined ? {} : { cause }),
    next: "Make room on the disk of the server's data folder; blobs that no job names go by themselves after a day.",
  });
}
