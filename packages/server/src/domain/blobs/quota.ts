import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";

export interface QuotaNeeds {
  /** How much each may have here at once, in bytes. */
  readonly mostBytes: number;
  /** What somebody has here: blobs, and what waits of unfinished uploads. */
  used(by: string): Promise<number>;
  readonly clock: Pick<Clock, "now">;
}

/** One upload, counted while it comes. */
export interface CountedUpload {
  /** Throws `blob.quota` when these bytes more would be too many. */
  admit(bytes: number): void;
  /** To be called once, with the bytes of it that stay. */
  end(stays: number): void;
}

export interface Quota {
  /** `here`: bytes of it that wait already; `bytes`: those it announces. Throws `blob.quota` when they are too many. */
  begin(by: string, upload: { readonly here: number; readonly bytes: number }): Promise<CountedUpload>;
}

interface Account {
  readonly countedAt: number;
  readonly known: Promise<void>;
  /** All but what comes now. */
  settled: number;
  readonly coming: Set<{ bytes: number }>;
}

/** Thousands of small files are not thousands of times counted; what was collected meanwhile is noticed later. */
const RECOUNT_MS = 30_000;

/** Counts what everybody has here. A blob that two have uploaded counts for both: either could keep it. */
export function createQuota({ mostBytes, used, clock }: QuotaNeeds): Quota {
  const accounts = new Map<string, Account>();

  function open(by: string): Account {
    const known = used(by).then((bytes) => void (account.settled += bytes));
    const account: Account = { countedAt: clock.now(), known, settled: 0, coming: new Set() };
    accounts.set(by, account);
    return account;
  }

  function accountOf(by: string): Account {
    const account = accounts.get(by);
    const isOld = account?.coming.size === 0 && account.countedAt <= clock.now() - RECOUNT_MS;
    return account === undefined || isOld ? open(by) : account;
  }

  function check({ settled, coming }: Account, more: number): void {
    const here = [...coming].reduce((sum, { bytes }) => sum + bytes, settled);
    if (here + more <= mostBytes) return;
    throw new AtalayaError("blob.quota", `You may have ${mostBytes} bytes here at once, and have ${here}.`, {
      details: { most: mostBytes, used: here, asked: more },
      next: "Blobs go a day after the last job that names them; or have the setting blob-bytes raised (ATALAYA_BLOB_BYTES).",
    });
  }

  return {
    async begin(by, { here, bytes }) {
      const account = accountOf(by);
      const upload = { bytes: 0 };
      account.coming.add(upload);
      const end = (stays: number): void => {
        account.coming.delete(upload);
        account.settled += stays;
      };
      account.settled -= here;
      try {
        await account.known;
        check(account, bytes);
      } catch (error) {
        end(here);
        if (!(error instanceof AtalayaError && error.code === "blob.quota")) accounts.delete(by);
        throw error;
      }
      return {
        admit(more) {
          check(account, more);
          upload.bytes += more;
        },
        end,
      };
    },
  };
}
