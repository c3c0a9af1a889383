/** Which upgrades become links, and what the others are told: plain HTTP, since there is no link to tell it on. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import { AtalayaError, LINK_PATH, LINK_PROTOCOL } from "@atalaya/protocol";
import { problemOf, PROBLEM_TYPE } from "../../api/problem.ts";

/** Who is at the other end, as far as a link must know. What a core hands in fits it. */
export interface LinkPeer {
  readonly door: "public" | "link" | "tower";
  readonly address: string;
  readonly certificate?: X509Certificate;
}

/** Why this request cannot become a link; undefined: it can. */
export function unfit(request: Pick<IncomingMessage, "url" | "headers">, peer: LinkPeer): AtalayaError | undefined {
  const { url, headers } = request;
  // Agents ask for just this path and offer just this protocol.
  if ((url !== LINK_PATH && url?.split("?", 1)[0] !== LINK_PATH) || peer.door !== "link")
    return new AtalayaError("route.unknown", "there is no such thing here");
  const offered = headers["sec-websocket-protocol"];
  if (offered !== LINK_PROTOCOL && offered?.split(",").some((name) => name.trim() === LINK_PROTOCOL) !== true)
    return new AtalayaError("link.version", `a link speaks ${LINK_PROTOCOL}`);
  // The door's handshake demands one; without it there is nobody to admit.
  if (peer.certificate === undefined) return new AtalayaError("certificate.unknown", "a link needs a certificate");
  return undefined;
}

/** Answers and hangs up. */
export function answerUnfit(socket: Duplex, failure: AtalayaError): void {
  const problem = problemOf(failure, randomUUID());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} Refused`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.on("error", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
