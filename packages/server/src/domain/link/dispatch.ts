/** What becomes of each frame: the link's own ones are obeyed here, the others handed on. */
import {
  AtalayaError,
  decodeOutput,
  MAX_CONTROL_FRAME_BYTES,
  parseAgentFrame,
  type AgentFrame,
  type Hello,
} from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Enrolments } from "../enrolment/index.ts";
import type { Fleet } from "../fleet/index.ts";
import type { Connection } from "./connection.ts";
import type { Listeners } from "./listeners.ts";
import { failureOf, refused } from "./refusal.ts";

export interface DispatchNeeds {
  readonly enrolments: Pick<Enrolments, "renew">;
  readonly fleet: Pick<Fleet, "learn">;
  readonly listeners: Listeners;
  readonly clock: Clock;
  readonly log: Log;
  readonly malformedPerMinute: number;
  readonly random: () => number;
  readonly hello: (connection: Connection, hello: Hello) => void;
}

type FactsFrame = Extract<AgentFrame, { type: "facts" }>;
const MINUTE_MS = 60_000;

export function dispatcher(needs: DispatchNeeds) {
  const { enrolments, fleet, listeners, clock, log, malformedPerMinute, random } = needs;
  /** Facts that came while the last ones were being written: only the newest count. */
  const nextFacts = new Map<Connection, FactsFrame | undefined>();

  function text(connection: Connection, bytes: Buffer): void {
    try {
      if (bytes.length > MAX_CONTROL_FRAME_BYTES) {
        throw new AtalayaError("frame.too-large", `a control frame has at most ${MAX_CONTROL_FRAME_BYTES} bytes`);
      }
      obey(connection, parseAgentFrame(bytes.toString()));
    } catch (error) {
      fault(connection, failureOf(error));
    }
  }

  function binary(connection: Connection, bytes: Buffer): void {
    try {
      if (connection.stage !== "up") throw tooEarly();
      const frame = decodeOutput(bytes);
      listeners.output(connection, { ...frame, bytes: owned(frame.bytes) });
    } catch (error) {
      fault(connection, failureOf(error));
    }
  }

  function obey(connection: Connection, frame: AgentFrame): void {
    if (connection.stage === "stranger") {
      if (frame.type !== "hello") throw tooEarly();
      return needs.hello(connection, frame);
    }
    if (connection.stage !== "up") throw tooEarly();
    switch (frame.type) {
      case "hello":
        throw new AtalayaError("frame.unexpected", "this link has said hello before");
      case "facts":
        return void learn(connection, frame);
      case "renew":
        return renew(connection, frame.csr);
      case "stream-refused":
      case "sample":
      case "status":
        return listeners.aside(connection, frame);
      default:
        return listeners.frame(connection, frame);
    }
  }

  async function learn(connection: Connection, frame: FactsFrame): Promise<void> {
    const isBusy = nextFacts.has(connection);
    nextFacts.set(connection, isBusy ? frame : undefined);
    if (isBusy) return;
    try {
      for (let facts: FactsFrame | undefined = frame; facts !== undefined; facts = nextFacts.get(connection)) {
        nextFacts.set(connection, undefined);
        await fleet.learn(connection.host, facts.facts, facts.digest);
      }
    } catch (err) {
      // The digest stays the old one, so the agent is asked again at its next connect.
      log.warn({ err, enrolment: connection.enrolment }, "facts could not be kept");
    } finally {
      nextFacts.delete(connection);
    }
  }

  function renew(connection: Connection, csr: string): void {
    if (connection.renewing) throw new AtalayaError("frame.unexpected", "the last renewal is not answered yet");
    connection.renewing = true;
    enrolments
      .renew(connection.enrolment, csr)
      .then(
        ({ certificate }) => void connection.send({ type: "certificate", certificate }),
        (error: unknown) => {
          const { code, message } = failureOf(error);
          log.warn({ err: error, enrolment: connection.enrolment }, "a certificate was not renewed");
          connection.send({ type: "problem", code, message });
        },
      )
      .finally(() => (connection.renewing = false));
  }

  /** A link survives what it cannot read, but not a stream of it; a stranger has nothing to survive yet. */
  function fault(connection: Connection, { code, message, cause }: AtalayaError): void {
    if (code === "server.internal") log.error({ err: cause }, "a frame could not be obeyed");
    const now = clock.now();
    if (now - connection.malformedSince >= MINUTE_MS) {
      connection.malformedSince = now;
      connection.malformed = 0;
    }
    connection.malformed += 1;
    if (connection.stage !== "stranger" && connection.malformed <= malformedPerMinute) {
      connection.send({ type: "problem", code, message });
      return;
    }
    connection.end(code, refused(code, message, random()));
  }

  return { text, binary };
}

function tooEarly(): AtalayaError {
  return new AtalayaError("frame.unexpected", "a link begins with a hello, and goes on after the welcome");
}

/**
 * A frame's bytes lie in what was read from the socket at once. Node never reuses that memory, so they can be kept as
 * they are, unless they would hold a lot more than themselves in memory.
 */
function owned(bytes: Uint8Array): Uint8Array {
  // Not `slice`: that of a Buffer does not copy.
  return bytes.buffer.byteLength > 2 * bytes.length ? new Uint8Array(bytes) : bytes;
}
