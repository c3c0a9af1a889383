/** Carries an upgrade (a WebSocket, mostly) to a port of a host: its request by HTTP, then bytes both ways. */
import { request as httpRequest, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AtalayaError } from "@atalaya/protocol";
import { refuseUpgrade } from "../../../api/refuse-upgrade.ts";
import { framing, type HeaderPair } from "./headers.ts";
import type { Carried, CarryNeeds } from "./carry.ts";
import { relayFailure } from "./problem.ts";

/** Takes over the socket. Never throws: it answers a problem, or cuts. */
export async function carryUpgrade(needs: CarryNeeds, carried: Carried, socket: Duplex, head: Buffer): Promise<void> {
  const left = new AbortController();
  // It had the patience of a request, which a connection that stays does not need.
  (socket as Partial<Socket>).setTimeout?.(0);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => left.abort(new AtalayaError("stream.broken", "The caller has left.")));
  try {
    await switched(needs, carried, socket, head, left.signal);
  } catch (error) {
    const failure = relayFailure(error);
    needs.log.info({ host: carried.host.name, code: failure.code }, failure.message);
    refuseUpgrade(socket, failure, carried.incoming.headers["x-request-id"]?.toString());
  }
}

async function switched(
  { relay, answerMs }: CarryNeeds,
  { incoming, host, target, ask, path, dress }: Carried,
  socket: Duplex,
  head: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const protocol = incoming.headers.upgrade ?? "";
  if (framing(incoming.headers) !== undefined || !/^[A-Za-z0-9/._-]{1,64}(, *[A-Za-z0-9/._-]{1,64})*$/.test(protocol))
    throw new AtalayaError("request.malformed", "An upgrade is relayed without a body, to protocols of plain names.");
  const bytes = await relay.open(host, target, { ...ask, signal });
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => request.destroy(new AtalayaError("relay.timed-out", `The host did not answer within ${answerMs} ms.`)),
      answerMs,
    );
    let isOver = false;
    const over = (error?: Error): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(late);
      if (error === undefined) return resolve();
      bytes.destroy();
      reject(error);
    };
    const request = httpRequest({
      createConnection: () => bytes,
      method: incoming.method ?? "GET",
      path,
      headers: [...dress.request(incoming.rawHeaders), ["Connection", "Upgrade"], ["Upgrade", protocol]].flat(),
      setHost: false,
      maxHeaderSize: 64 * 1024,
    });
    request.once("upgrade", (response, _, early: Buffer) => {
      over();
      const headers = [
        ...dress.response(response.rawHeaders, 101),
        ["Connection", "Upgrade"] as const,
        ["Upgrade", response.headers.upgrade ?? protocol] as const,
      ];
      socket.write(headOf(101, headers), "latin1");
      if (early.length > 0) socket.write(early);
      if (head.length > 0) bytes.write(head);
      join(socket, bytes);
    });
    // It stays with HTTP: its answer is the answer, and the end.
    request.once("response", (response) => {
      over();
      const status = response.statusCode ?? 502;
      socket.write(headOf(status, [...dress.response(response.rawHeaders, status), ["Connection", "close"]]), "latin1");
      response.once("error", () => socket.destroy());
      response.pipe(socket);
      socket.once("close", () => bytes.destroy());
    });
    request.once("error", over);
    request.once("close", () => over(new AtalayaError("relay.broken", "The host ended before its answer.")));
    request.end();
  });
}

/** Each direction ends by itself; what breaks one breaks the other. */
function join(socket: Duplex, bytes: Duplex): void {
  socket.pipe(bytes);
  bytes.pipe(socket);
  bytes.once("error", () => socket.destroy()).once("close", () => socket.end());
  socket.once("close", () => bytes.destroy());
}

function headOf(status: number, headers: readonly HeaderPair[]): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n${lines.join("\r\n")}\r\n\r\n`;
}
