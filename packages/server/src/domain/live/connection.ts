/** One client's WebSocket: reads its frames, learns who it is, keeps what waits to be sent within a bound, notices its end. */
import { AtalayaError, type FailureCode } from "@atalaya/protocol";
import type { WebSocket } from "ws";
import type { Actor } from "../../api/actor.ts";
import type { Clock } from "../../platform/clock.ts";
import { readClientFrame, type ClientFrame, type ServerFrame } from "./frames.ts";
import { createSubscriptions, type SubscriptionsNeeds } from "./subscriptions.ts";

/** While more than this waits for the client, nothing more is read for it. */
const HIGH_WATER_BYTES = 1_048_576;
/** A client that talks but does not read: answers alone pile up, so it is let go. A batch may be larger, and is alone. */
const FLOOD_BYTES = 2 * HIGH_WATER_BYTES;
const AUTHENTICATE_WITHIN_MS = 5_000;
const PING_MS = 20_000;
/** Nothing heard and nothing delivered for so long: the other end is gone. */
const SILENT_MS = 60_000;

/** Why the server closes: RFC 6455, 7.4.2 leaves 4000 to 4999 to us; ours end like the HTTP status. */
const CLOSE = { unauthenticated: 4401, late: 4408, goingAway: 1001 } as const;

export interface Connection {
  /** Undefined until it has said who it is. */
  readonly actor: Actor | undefined;
  readonly subscriptions: number;
  /** What it follows, by name. */
  readonly topics: readonly string[];
  /** What waits in this process for the client to read. */
  readonly bufferedBytes: number;
  /** Tells why and closes. */
  end(code: FailureCode, message: string): void;
  /** The server stops: come back later. */
  goAway(): void;
  terminate(): void;
}

export interface ConnectionNeeds extends Omit<SubscriptionsNeeds, "outlet"> {
  readonly socket: WebSocket;
  readonly clock: Clock;
  /** From the Authorization header; undefined: the first frame must say. */
  readonly actor: Actor | undefined;
  /** For the first frame. */
  authenticate(token: string): Promise<Actor>;
  closed(): void;
}

export function connect(needs: ConnectionNeeds): Connection {
  const { socket, clock, log } = needs;
  let actor = needs.actor;
  let introduction: Promise<void> | undefined;
  let signOfLifeAt = clock.now();
  let answerBytes = 0;
  const life = new DisposableStack();

  const outlet = {
    hasRoom: () => socket.readyState === socket.OPEN && socket.bufferedAmount < HIGH_WATER_BYTES,
    send(frame: ServerFrame) {
      if (socket.readyState !== socket.OPEN) return;
      const text = JSON.stringify(frame);
      const isAnswer = frame.type !== "batch" && frame.type !== "done";
      if (isAnswer) answerBytes += text.length;
      if (answerBytes > FLOOD_BYTES) return socket.terminate();
      socket.send(text, () => {
        if (isAnswer) answerBytes -= text.length;
        signOfLifeAt = clock.now();
        subscriptions.resume();
      });
    },
  };
  const subscriptions = life.use(createSubscriptions({ ...needs, outlet }));

  function end(code: FailureCode, message: string, status: number = CLOSE.unauthenticated): void {
    outlet.send({ type: "error", code, message });
    socket.close(status, code);
  }

  async function hear(frame: ClientFrame): Promise<void> {
    if (frame.type === "auth") {
      if (actor !== undefined || introduction !== undefined) {
        throw new AtalayaError("frame.unexpected", "This connection has said who it is.");
      }
      introduction = introduce(frame.token);
      return introduction;
    }
    // A client may subscribe in the same breath.
    if (introduction !== undefined) await introduction;
    if (actor === undefined) return end("identity.missing", "The first frame must be `auth`.");
    if (frame.type === "unsubscribe") return subscriptions.unsubscribe(frame.id);
    return subscriptions.subscribe(frame, actor);
  }

  async function introduce(token: string): Promise<void> {
    // What the client goes on to send waits on its side.
    socket.pause();
    try {
      actor = await needs.authenticate(token);
    } catch (error) {
      if (!(error instanceof AtalayaError)) throw error;
      end(error.code, error.message);
    } finally {
      socket.resume();
    }
  }

  function beat(): void {
    if (clock.now() - signOfLifeAt >= SILENT_MS) return socket.terminate();
    if (socket.readyState === socket.OPEN) socket.ping();
    timer = clock.after(PING_MS, beat);
  }

  socket.on("message", (data, isBinary) => {
    signOfLifeAt = clock.now();
    void (async () => hear(readClientFrame(data as Buffer, isBinary)))().catch((error: unknown) => {
      if (error instanceof AtalayaError)
        return outlet.send({ type: "error", code: error.code, message: error.message });
      log.error({ err: error }, "a live connection failed");
      socket.close(1011);
    });
  });
  socket.on("pong", () => void (signOfLifeAt = clock.now()));
  socket.on("error", (error) => log.debug({ err: error }, "a live connection broke"));
  socket.on("close", () => {
    life.dispose();
    needs.closed();
  });
  life.use(
    clock.after(AUTHENTICATE_WITHIN_MS, () => {
      if (actor === undefined) end("identity.missing", "Nobody said who this is.", CLOSE.late);
    }),
  );
  let timer = clock.after(PING_MS, beat);
  life.defer(() => timer[Symbol.dispose]());

  return {
    get actor() {
      return actor;
    },
    get subscriptions() {
      return subscriptions.size;
    },
    get topics() {
      return subscriptions.topics;
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    end,
    goAway: () => socket.close(CLOSE.goingAway, "server.draining"),
    terminate: () => socket.terminate(),
  };
}
