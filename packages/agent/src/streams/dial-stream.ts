/** The WebSocket of one stream, dialled as the link is: same certificate, same CA, same proxy, same server. */
import { LINK_PROTOCOL, STREAM_PATH, STREAM_PROTOCOL, AtalayaError } from "@atalaya/protocol";
import { WebSocket } from "ws";
import { problemOf } from "../enrol/https.ts";
import { authorityOf, showAddress } from "../link/addresses.ts";
import { dialTls, type Dial } from "../link/dial.ts";
import { noMask } from "../link/no-mask.ts";
import { MAX_MESSAGE_BYTES } from "./byte-stream.ts";
import { pause } from "../platform/pause.ts";

const DIAL_MS = 10_000;
const ATTEMPTS = 3;
const CLOSE_MS = 5_000;
const AGAIN_MS = 250;

export type StreamDial = Omit<Dial, "protocols" | "timeoutMs">;

/** A paused socket. Throws `host.offline` or what the server refuses it with. A server too busy for a handshake is asked again. */
export async function dialStream(id: string, dial: StreamDial): Promise<WebSocket> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(id, dial);
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof AtalayaError) || error.code !== "host.offline") throw error;
      await pause(AGAIN_MS * attempt * (1 + Math.random()));
    }
  }
}

async function once(id: string, dial: StreamDial): Promise<WebSocket> {
  const where = showAddress(dial.address);
  const tls = await dialTls({ ...dial, protocols: [LINK_PROTOCOL], timeoutMs: DIAL_MS });
  if (tls.alpnProtocol !== LINK_PROTOCOL) {
    tls.destroy();
    throw new AtalayaError("link.version", `${where} does not offer ${LINK_PROTOCOL}`);
  }
  // The TLS connection is made; to `ws` it is only a stream.
  const socket = new WebSocket(`ws://${authorityOf(dial.address)}${STREAM_PATH}${id}`, STREAM_PROTOCOL, {
    createConnection: () => tls,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handshakeTimeout: DIAL_MS,
    closeTimeout: CLOSE_MS,
    generateMask: noMask,
  } as ConstructorParameters<typeof WebSocket>[2]);
  return new Promise((resolve, reject) => {
    const cut = (cause: Error): void =>
      reject(new AtalayaError("host.offline", `the stream to ${where} broke: ${cause.message}`, { cause }));
    socket.on("error", cut);
    socket.on("unexpected-response", (_, response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.length < 64 && parts.push(part));
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        reject(problemOf(response.statusCode ?? 0, text, where));
      });
    });
    // What came with the answer waits until somebody listens.
    socket.once("open", () => {
      socket.pause();
      socket.off("error", cut);
      resolve(socket);
    });
  });
}
