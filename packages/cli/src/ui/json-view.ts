/** Newline-delimited JSON for programs: output and ends of runs; the last event tells the job's states. */
import type { View } from "./job-seen.ts";
import type { Terminal } from "./terminal.ts";
import { textPieces } from "./text-pieces.ts";

export function jsonView({ terminal }: { readonly terminal: Terminal }): View {
  const print = (event: object): Promise<void> => terminal.out.write(`${JSON.stringify(event)}\n`);
  const pieces = textPieces();
  return {
    job: () => Promise.resolve(),
    async output({ bytes, run, stream, ...rest }) {
      for (const piece of pieces.add(`${run} ${stream}`, bytes)) {
        await print({ type: "output", run, stream, ...rest, ...piece });
      }
    },
    async ended(run) {
      for (const stream of ["stdout", "stderr"] as const) {
        for (const piece of pieces.end(`${run.id} ${stream}`)) {
          await print({ type: "output", run: run.id, stream, host: run.host, ...piece });
        }
      }
      await print({ type: "run", ...run });
    },
    note: (sentence) => terminal.err.write(`${sentence}\n`),
    tick: () => Promise.resolve(),
    leave: () => Promise.resolve(),
    close: ({ id, state, targets, states }) => print({ type: "job", id, state, targets, states }),
  };
}
