/** What the server's side of a stream does, for tests of what stands at the host's end. */
import { randomBytes } from "node:crypto";
import { byteStream, type ByteStream } from "../streams/byte-stream.ts";
import { signedStream, type StreamWish } from "./authority.testing.ts";
import type { Tower, TowerLink } from "./tower.testing.ts";

export interface StreamAsker {
  /** Asks and returns the stream's id. */
  ask(over: Partial<StreamWish>): string;
  /** The stream, once it is dialled; `said` hears what the host says beside the bytes. */
  opened(over: Partial<StreamWish>, said?: (value: unknown) => void): Promise<ByteStream>;
  /** The code it is refused with. */
  refusal(over: Partial<StreamWish>): Promise<string>;
}

export const newStreamId = (): string => `str_${randomBytes(16).toString("base64url")}`;

/** `link` is asked each time: agents come back. */
export function streamAsker(tower: Tower, link: () => TowerLink, kind: string): StreamAsker {
  function ask(over: Partial<StreamWish>): string {
    const stream = over.stream ?? newStreamId();
    const wish = { stream, kind, request: {}, enrolment: "enr_1", signer: tower.signer.key, epoch: link().epoch };
    link().send(signedStream({ ...wish, ...over }));
    return stream;
  }
  return {
    ask,
    opened: async (over, said) => byteStream(await tower.stream(ask(over)), said),
    async refusal(over) {
      const refused = tower.frame("stream-refused");
      ask(over);
      return (await refused).code;
    },
  };
}
