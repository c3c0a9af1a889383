/** One connection to one server: from the handshake to its end. Knows frames, and nothing of what they do. */
import {
  AtalayaError,
  isFailureCode,
  LINK_PATH,
  LINK_PROTOCOL,
  MAX_CONTROL_FRAME_BYTES,
  ServerFrame,
  type AgentFrame,
  type Hello,
  type Welcome,
} from "@atalaya/protocol";
import { WebSocket, type RawData } from "ws";
import { problemOf } from "../enrol/https.ts";
import type { Outlet } from "../runs/outlet.ts";
import { authorityOf, showAddress } from "./addresses.ts";
import { dialTls, type Dial } from "./dial.ts";
import { codeOfAlert, LinkEnd } from "./link-end.ts";
import { noMask } from "./no-mask.ts";
import { outletOf } from "./outlet.ts";

type Drain = Extract<ServerFrame, { readonly type: "drain" }>;
type Live = Exclude<ServerFrame, Welcome | Drain | { readonly type: "refused" | "problem" }>;

export interface ConnectionNeeds {
  readonly dial: Omit<Dial, "protocols" | "timeoutMs">;
  readonly connectTimeoutMs: number;
  /** Made as late as possible, so that it tells the newest; `via`: the waypoints that carry this link. */
  hello(via: readonly string[]): Hello;
  /** Throws when the welcome cannot be accepted. Frames that come meanwhile wait. */
  welcomed(welcome: Welcome, outlet: Outlet): Promise<void>;
  frame(frame: Live): void;
  /** The server asks us to leave: how this link ends. */
  drained(frame: Drain): LinkEnd;
  problem(code: string, message: string): void;
  /** There is room for output again. */
  room(): void;
}

export interface Connection {
  readonly resumed: boolean;
  readonly outlet: Outlet;
  send(frame: AgentFrame): void;
  /** Always rejects, with a LinkEnd. */
  readonly ended: Promise<never>;
  close(end: LinkEnd): void;
}

const WELCOME_TIMEOUT_MS = 20_000;

/** Resolves when the server welcomed us. */
export async function connectLink(needs: ConnectionNeeds): Promise<Connection> {
  const { address } = needs.dial;
  let via: readonly string[] = [];
  const socket = await dialTls({
    ...needs.dial,
    onHops: (hops) => (via = hops),
    protocols: [LINK_PROTOCOL],
    timeoutMs: needs.connectTimeoutMs,
  });
  const resumed = socket.isSessionReused();
  if (socket.alpnProtocol !== LINK_PROTOCOL) {
    socket.destroy();
    throw new LinkEnd("link.version", `${showAddress(address)} does not offer ${LINK_PROTOCOL}`);
  }
  // The TLS connection is made; to `ws` it is only a stream.
  const ws = new WebSocket(`ws://${authorityOf(address)}${LINK_PATH}`, LINK_PROTOCOL, {
    createConnection: () => socket,
    perMessageDeflate: false,
    maxPayload: MAX_CONTROL_FRAME_BYTES + 1024 * 1024,
    handshakeTimeout: needs.connectTimeoutMs,
    generateMask: noMask,
  });

  let finish: (end: LinkEnd) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    finish = reject;
  });
  ended.catch(() => undefined);
  const close = (end: LinkEnd): void => {
    finish(end);
    clearTimeout(silence);
    ws.close(1000);
    // A server that does not answer the closing handshake gets no more of our time.
    setTimeout(() => ws.terminate(), 2_000).unref();
  };
  const end = (code: string, message: string, cause?: unknown): void => close(new LinkEnd(code, message, { cause }));

  let silence: NodeJS.Timeout | undefined;
  const watchSilence = (heartbeatMs: number): void => {
    silence = setTimeout(() => {
      finish(new LinkEnd("link.silent", `nothing was heard for ${Math.round(heartbeatMs * 2.5)} ms`));
      ws.terminate();
    }, heartbeatMs * 2.5);
    silence.unref();
  };

  const send = (frame: AgentFrame): void => {
    if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(frame));
  };
  const outlet = outletOf(ws, send, needs.room);

  ws.on("ping", () => silence?.refresh());
  ws.on("pong", () => silence?.refresh());
  ws.on("error", (cause) =>
    end(codeOfAlert(cause), `the link to ${showAddress(address)} broke: ${cause.message}`, cause),
  );
  ws.on("close", (code, reason) => {
    const said = reason.toString();
    end(isFailureCode(said) ? said : "host.offline", `the link was closed (${code}${said === "" ? "" : ` ${said}`})`);
  });
  ws.on("unexpected-response", (_, response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.length < 64 && parts.push(part));
    response.on("end", () => {
      const problem = problemOf(response.statusCode ?? 0, Buffer.concat(parts).toString("utf8"), showAddress(address));
      end(problem.code, problem.message);
    });
  });

  // Frames wait while the welcome is taken in, so that nothing overtakes it.
  let ready: Promise<void> | undefined;
  let live = false;
  const waiting: Live[] = [];
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => end("link.silent", "no welcome came in time"), WELCOME_TIMEOUT_MS);
    ended.catch((error: unknown) => {
      clearTimeout(timer);
      reject(error instanceof Error ? error : new Error(String(error)));
    });
    ws.on("open", () => send(needs.hello(via)));
    ws.on("message", (data: RawData, binary: boolean) => {
      silence?.refresh();
      const frame = readFrame(data, binary, (code, message) => send({ type: "problem", code, message }));
      if (frame === undefined) return;
      if (frame.type === "refused") {
        close(new LinkEnd(frame.code, frame.message, { retryAfterMs: frame.retryAfterMs ?? null }));
      } else if (frame.type === "drain") {
        // Also while the welcome is taken in: the server closes right after it.
        close(needs.drained(frame));
      } else if (frame.type === "problem") needs.problem(frame.code, frame.message);
      else if (frame.type === "welcome") {
        if (ready !== undefined)
          return send({ type: "problem", code: "frame.unexpected", message: "there was a welcome already" });
        clearTimeout(timer);
        watchSilence(frame.heartbeatMs);
        ready = needs.welcomed(frame, outlet).then(
          () => {
            live = true;
            resolve();
            for (const one of waiting.splice(0)) needs.frame(one);
          },
          (error: unknown) => {
            const failure = error instanceof AtalayaError ? error : undefined;
            end(
              failure?.code ?? "frame.unexpected",
              `the welcome is not accepted: ${error instanceof Error ? error.message : ""}`,
              error,
            );
          },
        );
      } else if (ready === undefined)
        send({ type: "problem", code: "frame.unexpected", message: `${frame.type} came before the welcome` });
      else if (live) needs.frame(frame);
      else waiting.push(frame);
    });
  });
  return { resumed, outlet, send, ended, close };
}

/** Undefined when it cannot be read; then the other end is told why. */
function readFrame(
  data: RawData,
  binary: boolean,
  problem: (code: string, message: string) => void,
): ServerFrame | undefined {
  const bytes = data as Buffer;
  if (binary) problem("frame.unexpected", "the server has no binary frames");
  else if (bytes.length > MAX_CONTROL_FRAME_BYTES) {
    problem("frame.too-large", `a control frame has at most ${MAX_CONTROL_FRAME_BYTES} bytes`);
  } else {
    try {
      return ServerFrame.parse(JSON.parse(bytes.toString("utf8")));
    } catch (error) {
      problem("frame.malformed", sentenceOf(error));
    }
  }
  return undefined;
}

// Paths and messages only: a frame's values may be secrets.
function sentenceOf(error: unknown): string {
  const issues = (
    error as { readonly issues?: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
  ).issues;
  if (issues === undefined) return "the frame is not JSON";
  return issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join(".")}: ${message}`)
    .join("; ")
    .slice(0, 1_000);
}
