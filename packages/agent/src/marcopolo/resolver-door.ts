/**
 * marcod's door: programs of this machine ask at UDP 1338 of 127.0.1.1 who is on the network (12.3 of the ancestor's
 * reference). What never worked there does here: `exclude`, `group`, `retries`, `node` and Services.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { spaced, type Answer, type Question, type Scalars } from "@atalaya/protocol/marcopolo";
import { z } from "zod";
import { failureOf, type Log } from "../platform/log.ts";
import { ask } from "./ask.ts";

export const RESOLVER_PORT = 1338;
export const RESOLVER_ADDRESS = "127.0.1.1";

const MAX_TIMEOUT_MS = 60_000;
const MAX_UNDER_WAY = 64;
/** What the original's libraries read at most. */
const MAX_REPLY_BYTES = 65_507;

/** Some bindings send null for what they leave out. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);
const nodes = maybe(z.int().min(1).max(65_536));
const Request = z.object({
  Command: z.enum(["Marco", "Request-for", "Request-For", "Services"]),
  Params: maybe(z.string().max(512)),
  max_nodes: nodes,
  /** As two of the bindings spell it. */
  "max-nodes": nodes,
  exclude: maybe(z.array(z.string().max(64)).max(4_096)),
  params: maybe(z.record(z.string().max(128), z.unknown())),
  timeout: maybe(z.number().positive().max(MAX_TIMEOUT_MS)),
  group: maybe(z.ipv4()),
  retries: maybe(z.int().min(0).max(10)),
  node: maybe(z.ipv4()),
});
type Request = z.output<typeof Request>;

export async function openResolver(log: Log): Promise<AsyncDisposable> {
  const socket = createSocket("udp4");
  let underWay = 0;
  socket.on("message", (datagram, { address, port }) => {
    const request = readRequest(datagram);
    if (request === undefined || underWay >= MAX_UNDER_WAY) return;
    const send = (reply: unknown): void => socket.send(spaced(reply), port, address, () => undefined);
    if (request === "unknown") return send({ Error: true });
    underWay += 1;
    void resolve(request)
      .then((reply) => send(fitting(reply)))
      .catch((error: unknown) => {
        log.warn("marcopolo.not-resolved", failureOf(error));
        send({ Error: true });
      })
      .finally(() => (underWay -= 1));
  });
  socket.bind({ port: RESOLVER_PORT, address: RESOLVER_ADDRESS });
  await once(socket, "listening");
  socket.on("error", (error) => log.warn("marcopolo.socket", failureOf(error)));
  socket.unref();
  return { [Symbol.asyncDispose]: () => new Promise<void>((done) => socket.close(() => done())) };
}

/** `unknown`: a JSON object that is no request; undefined: no JSON object at all, which has no answer. */
export function readRequest(datagram: Uint8Array): Request | "unknown" | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(datagram).toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const parsed = Request.safeParse(value);
    return parsed.success ? parsed.data : "unknown";
  } catch {
    return undefined;
  }
}

interface Found {
  readonly Address: string;
  readonly Params: unknown;
}

async function resolve(request: Request): Promise<readonly Found[]> {
  const question = questionOf(request);
  if (question === undefined) return [];
  const most = request.max_nodes ?? request["max-nodes"];
  const excluded = new Set(request.exclude ?? []);
  const wanted = Object.entries(request.params ?? {});
  const answers = await ask(question, {
    timeoutMs: request.timeout ?? 1_000,
    retries: request.retries ?? 0,
    ...(request.group === undefined ? {} : { group: request.group }),
    ...(request.node === undefined ? {} : { node: request.node }),
    ...(most === undefined ? {} : { most }),
    keep: (address, answer) =>
      answersTo(question, answer) &&
      !excluded.has(address) &&
      wanted.every(([key, value]) => paramsOf(answer)[key] === value),
  });
  return [...answers].map(([Address, answer]) => ({
    Address,
    Params: answer.kind === "services" ? answer.services : answer.params,
  }));
}

function questionOf({ Command, Params }: Request): Question | undefined {
  if (Command === "Marco") return { kind: "marco" };
  if (Command === "Services") return { kind: "services" };
  return Params ? { kind: "request-for", service: Params } : undefined;
}

function answersTo(question: Question, answer: Answer): boolean {
  return answer.kind === ({ marco: "polo", "request-for": "ok", services: "services" } as const)[question.kind];
}

function paramsOf(answer: Answer): Scalars {
  return answer.kind === "services" ? {} : answer.params;
}

/** A reply is one datagram: nodes that do not fit are left out rather than cut in two (C-4). */
function fitting(found: readonly Found[]): readonly Found[] {
  let shown = found;
  while (Buffer.byteLength(spaced(shown)) > MAX_REPLY_BYTES) shown = shown.slice(0, Math.floor(shown.length * 0.9));
  return shown;
}
