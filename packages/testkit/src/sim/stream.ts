/** The host's end of a stream, without a machine. */
import { connect, type ConnectionOptions, type SecureContext } from "node:tls";
import { Duplex } from "node:stream";
import { LINK_PROTOCOL, STREAM_PATH, STREAM_PROTOCOL, streamEnds, type OpenStream } from "@atalaya/protocol";
import { WebSocket, type ClientOptions } from "ws";

export interface SimStream {
  readonly bytes: Duplex;
  readonly socket: WebSocket;
  say(value: unknown): boolean;
  lastWord(value: unknown): void;
}

/** What a simulated agent does when it is asked for a stream; undefined: nothing at all. */
export type StreamAnswer =
  | { readonly refuse: { readonly code: string; readonly message: string } }
  | { readonly serve: (stream: SimStream) => void; readonly said?: (value: unknown, stream: SimStream) => void }
  | undefined;

export interface SimStreamDial {
  readonly identity: { readonly secureContext: SecureContext };
  readonly host: string;
  readonly port: number;
  readonly session?: Buffer | undefined;
}

/** Dials; rejects with the status when the server does not take it. */
export function dialSimStream(
  { stream: id }: Pick<OpenStream, "stream">,
  { identity, host, port, session }: SimStreamDial,
  said: (value: unknown, stream: SimStream) => void = () => undefined,
): Promise<SimStream> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${host}:${port}${STREAM_PATH}${id}`, [STREAM_PROTOCOL], {
      secureContext: identity.secureContext,
      ALPNProtocols: [LINK_PROTOCOL],
      minVersion: "TLSv1.3",
      servername: "localhost",
      perMessageDeflate: false,
      createConnection: (options: ConnectionOptions) =>
        connect({ ...options, path: undefined } as unknown as ConnectionOptions),
      ...(session === undefined ? {} : { session }),
    } as unknown as ClientOptions);
    const ends = streamEnds(
      socket,
      () => bytes,
      (value) => said(value, stream),
    );
    const bytes = new Duplex(ends.options);
    const stream: SimStream = { bytes, socket, say: ends.say, lastWord: ends.lastWord };
    // Whoever serves it may listen; who does not is not ended by it.
    bytes.on("error", () => undefined);
    socket.on("message", (data, isBinary) => ends.message(data as Buffer, isBinary));
    socket.on("close", (_, reason) => ends.closed(reason.toString()));
    socket.on("error", reject);
    socket.on("unexpected-response", (_, response) => reject(new Error(`answered ${response.statusCode}`)));
    socket.on("open", () => resolve(stream));
  });
}
