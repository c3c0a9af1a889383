import type { OutputStream } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { OutputReader } from "./follow.ts";
import type { Lookup } from "./lookup.ts";

/** A run's output as a stream of bytes. */
export interface OutputDoor {
  /** What is committed now, from a sequence on. Throws `run.unknown`, and `output.gone` when its beginning was dropped. */
  bytes(
    run: string,
    wanted: { readonly from: number; readonly stream?: OutputStream | undefined },
    actor: Actor,
  ): Promise<ReadableStream<Uint8Array>>;
}

export function outputDoor(lookup: Lookup, reader: OutputReader): OutputDoor {
  return {
    async bytes(id, { from, stream }, actor) {
      const { run } = await lookup.run(id, actor);
      const chunks = reader.all(run.job, run.host, from - 1, run.last_sequence);
      // The first is read before anything is answered, so that a failure is still a failure.
      let next = await chunks.next();
      return new ReadableStream<Uint8Array>({
        async pull(controller) {
          while (next.done !== true) {
            const { bytes, stream: its } = next.value;
            next = await chunks.next();
            if (bytes.length === 0 || (stream !== undefined && its !== stream)) continue;
            // A copy: extents are larger than what a slow reader takes at once.
            controller.enqueue(Uint8Array.from(bytes));
            return;
          }
          controller.close();
        },
        async cancel() {
          await chunks.return();
        },
      });
    },
  };
}
