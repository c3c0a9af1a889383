/**
 * Words. A *stream* is bytes both ways between the server and one host, each in a WebSocket of its own that the agent
 * dials when it is asked to. Its *kind* is the capability that is at the host's end. Binary messages are its bytes, text
 * messages say the rest; an *end* closes one direction and leaves the other open, which a WebSocket cannot by itself.
 */
import { z } from "zod";
import { AtalayaError } from "../failures.ts";
import { Ticket } from "../tickets.ts";
import { checkShape } from "./shape.ts";

/** WebSocket subprotocol of a stream, and the path that its id follows, at the door of the links. */
export const STREAM_PROTOCOL = "atalaya.stream.v1";
export const STREAM_PATH = "/link/streams/";

/** 128 bits that nobody guesses. */
export const StreamId = z.string().regex(/^str_[A-Za-z0-9_-]{22}$/);

/** A request is small: what is large goes through the stream. */
const MAX_REQUEST_CHARACTERS = 65_536;

export const StreamClaims = z.strictObject({
  /** Who asked: the actor's name. */
  user: z.string().max(256),
  stream: StreamId,
  /** The enrolment of the link it is asked over, and that link's epoch: no ticket outlives its link. */
  enrolment: z.string().max(64),
  epoch: z.int().min(1),
  kind: z.string().max(64),
  /** Lower-case hex SHA-256 of the request's JSON text. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Epoch milliseconds by the server's clock. */
  expiresAt: z.int(),
});
export type StreamClaims = z.output<typeof StreamClaims>;

/** Server to agent: dial `STREAM_PATH` and the id at the server this came from, or refuse. */
export const OpenStream = z.object({
  type: z.literal("open-stream"),
  stream: StreamId,
  epoch: z.int().min(1),
  kind: z.string().max(64),
  /** JSON text, exactly the bytes whose SHA-256 the ticket carries. */
  request: z.string().max(MAX_REQUEST_CHARACTERS),
  ticket: Ticket,
});
export type OpenStream = z.output<typeof OpenStream>;

/** Agent to server: it will not dial. */
export const StreamRefused = z.object({
  type: z.literal("stream-refused"),
  stream: StreamId,
  code: z.string().max(64),
  message: z.string().max(4096),
});
export type StreamRefused = z.output<typeof StreamRefused>;

export const MAX_STREAM_TEXT_BYTES = 65_536;

/** A text message of a stream. `say` overtakes nothing but may be read before the bytes in front of it are. */
export const StreamText = z.discriminatedUnion("type", [
  /** This direction ends; `value` is its last word, as the exit status of a terminal. */
  z.object({ type: z.literal("end"), value: z.unknown().optional() }),
  z.object({ type: z.literal("say"), value: z.unknown() }),
]);
export type StreamText = z.output<typeof StreamText>;

/** Throws `frame.malformed` without repeating what was said. */
export function parseStreamText(text: string): StreamText {
  if (text.length > MAX_STREAM_TEXT_BYTES)
    throw new AtalayaError("frame.malformed", "a text message of a stream is too long");
  checkShape(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AtalayaError("frame.malformed", "a text message of a stream is not JSON");
  }
  const parsed = StreamText.safeParse(value);
  if (!parsed.success) throw new AtalayaError("frame.malformed", "a text message of a stream is neither end nor say");
  return parsed.data;
}
