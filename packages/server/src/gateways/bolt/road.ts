/** The relay's road to hosts that come in by a bolt: whole HTTP exchanges, with what the protocol can carry of them. */
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { AGENT_API_CHANGE, AGENT_API_PORT, AtalayaError, looksAtAgentApi } from "@atalaya/protocol";
import type { Road, RoadRequest } from "../../domain/relay/index.ts";
import type { BoltGateway } from "./gateway.ts";

/** It goes as one line of JSON, escaped twice. */
const MOST_BODY_BYTES = 1_048_576;

export function boltRoad(gateway: Pick<BoltGateway, "reaches" | "ports" | "exchange">): Road {
  return {
    kind: "bolt",
    reaches: ({ key }) => gateway.reaches(key),
    async exchange({ key, name }, target, request, { user, permissions, signal }) {
      if (target.host !== undefined)
        throw new AtalayaError("bolt.refused", "Through a bolt only ports of the host itself are reached.");
      const { method, path } = request;
      // The original asks nobody who they are, and does what it is told as root: our own agent asks for the same.
      const toApi = target.port === AGENT_API_PORT;
      const looks = looksAtAgentApi(method);
      const missing = toApi && !looks ? AGENT_API_CHANGE.find((permission) => !permissions.has(permission)) : undefined;
      if (missing !== undefined)
        throw new AtalayaError(
          "identity.forbidden",
          `${user} may not change ${name} through its agent's API: it needs ${missing}.`,
          { details: { permission: missing } },
        );
      // A body can name another method there, and nobody looks with one.
      const data = toApi && looks ? undefined : await jsonOf(request);
      const body = data === undefined ? {} : { data };
      const answer = await gateway.exchange(key, { port: target.port, method, path, signal, ...body });
      return { ...answer, body: Readable.fromWeb(answer.body as WebStream) };
    },
    client({ key, doors }) {
      const door = doors.find(({ kind, online }) => kind === "bolt" && online) ?? doors[0];
      return { cname: door?.name ?? "", ports: gateway.ports(key), address: door?.address ?? "" };
    },
  };
}

/** Bodies are JSON in the protocol. Throws `request.unsupported-type`, `request.too-large`. */
async function jsonOf({ body }: RoadRequest): Promise<unknown> {
  if (body === undefined) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES)
      throw new AtalayaError("request.too-large", `Through a bolt a body has at most ${MOST_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new AtalayaError("request.unsupported-type", "Through a bolt only JSON can be sent.", { cause });
  }
}
