import type { ReactNode } from "react";
import { Problem } from "./problem.tsx";
import { TableSkeleton } from "./table-skeleton.tsx";

/**
 * What a question to the server came to: why it failed, above what was known before; bars while nothing is known; then
 * `children` of it.
 */
export function Answered<Data>(props: {
  readonly data: Data | undefined;
  /** Null or undefined: it did not fail. */
  readonly error: unknown;
  /** So many bars. */
  readonly rows?: number;
  readonly children: (data: Data) => ReactNode;
}) {
  const { data, error, rows, children } = props;
  const hasFailed = error !== null && error !== undefined;
  return (
    <>
      {hasFailed ? <Problem error={error} /> : null}
      {data !== undefined ? (
        children(data)
      ) : hasFailed ? null : (
        <TableSkeleton {...(rows === undefined ? {} : { rows })} />
      )}
    </>
  );
}
