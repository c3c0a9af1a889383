import type { IncomingMessage } from "node:http";
import { AtalayaError } from "@atalaya/protocol";

// Enough for an answer like "not allowed" to reach a client that is still sending; beyond, the connection is cut.
const MAX_DISCARDED_BYTES = 1024 * 1024;
const AHEAD_BYTES = 64 * 1024;

export interface IncomingBody {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** After the answer: reads what is left of a body that nobody wanted, so that the connection can be used again. */
  discard(): void;
}

/** The request's bytes, read only as fast as they are taken, and never more than `maxBytes` of them. */
export function requestBody(incoming: IncomingMessage, maxBytes: number): IncomingBody {
  let received = 0;
  let ended = false;
  let discarded: number | undefined;
  let end: (error?: Error) => void = () => undefined;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        end = (error) => {
          if (ended) return;
          ended = true;
          if (error === undefined) controller.close();
          else controller.error(error);
        };
        incoming.on("data", (chunk: Buffer<ArrayBuffer>) => {
          if (discarded !== undefined) {
            discarded += chunk.length;
            if (discarded > MAX_DISCARDED_BYTES) incoming.destroy();
          }
          if (ended) return;
          received += chunk.length;
          if (received > maxBytes) return end(tooLarge(maxBytes));
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) incoming.pause();
        });
        incoming.once("end", () => end());
        incoming.once("error", end);
        incoming.once("close", () => end(new Error("the client went away while it was sending")));
        incoming.pause();
      },
      pull: () => void incoming.resume(),
      cancel() {
        ended = true;
      },
    },
    { highWaterMark: AHEAD_BYTES, size: (chunk) => chunk.length },
  );
  return {
    stream,
    discard() {
      if (incoming.complete || incoming.destroyed) return;
      end(new Error("the request is answered already"));
      discarded = 0;
      incoming.resume();
    },
  };
}

/** The failure of a body beyond the limit, announced or sent. */
export function tooLarge(maxBytes: number): AtalayaError {
  return new AtalayaError("request.too-large", `a request's body has at most ${maxBytes} bytes here`);
}
