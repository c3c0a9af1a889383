/** How long an instance waits before it is started again. Pure. */
import type { ServiceSpec } from "@atalaya/protocol";

type Rules = Pick<ServiceSpec, "restart" | "backoffMs" | "longestBackoffMs">;

export interface Ended {
  /** Undefined: nobody saw how. */
  readonly exitCode: number | undefined;
  readonly ranMs: number;
  /** Ends in a row before this one that came too soon. */
  readonly failures: number;
}

/** Undefined: it stays as it is. `failures`: to be remembered for the next time. */
export function nextStart(
  { restart, backoffMs, longestBackoffMs }: Rules,
  { exitCode, ranMs, failures }: Ended,
): { readonly waitMs: number; readonly failures: number } | undefined {
  if (restart === "never" || (restart === "on-failure" && exitCode === 0)) return undefined;
  const before = ranMs >= longestBackoffMs ? 0 : failures;
  // 2^30 is beyond any longest wait that may be asked for.
  const waitMs = Math.min(Math.max(longestBackoffMs, backoffMs), backoffMs * 2 ** Math.min(before, 30));
  return { waitMs, failures: before + 1 };
}
