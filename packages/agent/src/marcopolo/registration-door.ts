/**
 * polod's door: programs of this machine publish services over TLS at 1390 of 127.0.0.1 (12.4 of the ancestor's
 * reference). Answers are `{"OK": …}` or `{"Error": "…"}`; nothing makes us hang up without a word.
 */
import { once } from "node:events";
import { createServer, type TLSSocket } from "node:tls";
import { MARCO_GROUPS, spaced, serviceName } from "@atalaya/protocol/marcopolo";
import { z } from "zod";
import type { Account } from "../capabilities/exec/account.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { Catalogue } from "./catalogue.ts";
import { jsonPieces } from "./json-pieces.ts";
import type { Tokens } from "./tokens.ts";

export const REGISTRATION_PORT = 1390;
export const REGISTRATION_ADDRESS = "127.0.0.1";

const MAX_OBJECT = 65_536;
const IDLE_MS = 60_000;
const MAX_CONNECTIONS = 64;

const groups = z.array(z.ipv4()).max(16).default([]);
const Command = z.discriminatedUnion("Command", [
  z.object({ Command: z.literal("Request-token"), Args: z.object({ uid: z.int().min(0).max(0xffff_fffe) }) }),
  z.object({
    Command: z.enum(["Register", "Publish"]),
    Args: z.object({
      token: z.string().max(512),
      service: serviceName,
      multicast_groups: groups,
      permanent: z.boolean().default(false),
      root: z.boolean().default(false),
    }),
  }),
  z.object({
    Command: z.literal("Unpublish"),
    Args: z.object({
      token: z.string().max(512),
      service: serviceName,
      multicast_groups: groups,
      delete_file: z.boolean().default(false),
    }),
  }),
]);
type Command = z.output<typeof Command>;

export interface RegistrationNeeds {
  readonly catalogue: Catalogue;
  readonly tokens: Tokens;
  readonly account: (uid: number) => Promise<Account | undefined>;
  /** Whether an account may publish for the machine: uid 0, or a member of the group `marcopolo`. */
  readonly mayPublishForMachine: (account: Account) => Promise<boolean>;
  /** PEM of any certificate: the original's clients verify none. */
  readonly certificate: string;
  readonly key: string;
  readonly log: Log;
}

export async function openRegistration(needs: RegistrationNeeds): Promise<AsyncDisposable> {
  const server = createServer({ cert: needs.certificate, key: needs.key }, (socket) => serve(socket, needs));
  const open = new Set<TLSSocket>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on("secureConnection", (socket: TLSSocket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("tlsClientError", () => undefined);
  server.listen(REGISTRATION_PORT, REGISTRATION_ADDRESS);
  await once(server, "listening");
  server.unref();
  return {
    [Symbol.asyncDispose]: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

function serve(socket: TLSSocket, needs: RegistrationNeeds): void {
  const pieces = jsonPieces(MAX_OBJECT);
  let last: Promise<void> = Promise.resolve();
  const say = (answer: object): void => void (socket.writable && socket.write(spaced(answer)));
  socket.setEncoding("utf8");
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    try {
      for (const text of pieces.push(chunk)) last = last.then(async () => say(await answer(text, needs)));
    } catch {
      say({ Error: "Malformed JSON" });
      socket.end();
    }
  });
}

/** Never throws: whatever was asked, there is an answer. */
export async function answer(text: string, needs: RegistrationNeeds): Promise<object> {
  const command = readCommand(text);
  if (typeof command === "string") return { Error: command };
  try {
    return await obey(command, needs);
  } catch (error) {
    needs.log.warn("marcopolo.not-registered", failureOf(error));
    return { Error: error instanceof Error ? error.message : "internal error" };
  }
}

function readCommand(text: string): Command | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "Malformed JSON";
  }
  const parsed = Command.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return issue?.path[0] === "Command" ? "Unknown command" : `${issue?.path.join(".") ?? "Args"}: ${issue?.message}`;
}

async function obey(command: Command, needs: RegistrationNeeds): Promise<object> {
  const { catalogue, tokens } = needs;
  if (command.Command === "Request-token") {
    const account = await needs.account(command.Args.uid);
    if (account === undefined) return { Error: "Unknown user" };
    return { OK: (await tokens.request(account)) === "made" ? 0 : 1 };
  }
  const { token, service, multicast_groups: wanted } = command.Args;
  const uid = await tokens.uidOf(token);
  const account = uid === undefined ? undefined : await needs.account(uid);
  if (account === undefined) return { Error: "Bad token" };
  const unknown = wanted.find((group) => !(MARCO_GROUPS as readonly string[]).includes(group));
  if (unknown !== undefined) return { Error: `Not in the multicast group ${unknown}` };
  const owner = { uid: account.uid, name: account.name };
  if (command.Command === "Unpublish") {
    const [id, own] = splitName(service);
    if (own !== undefined && own !== account.name) return { Error: "Permission denied" };
    const machines = own === undefined && (await needs.mayPublishForMachine(account));
    const gone =
      catalogue.unregister({ id, owner, groups: wanted }) || (machines && catalogue.unregister({ id, groups: wanted }));
    return gone ? { OK: 0 } : { Error: "Service not found" };
  }
  if (command.Args.permanent) {
    return { Error: "Permanent services are files: write one to the services folder, or to .polo in the home" };
  }
  if (service.includes(":")) return { Error: "The name must not look like user:name" };
  if (command.Args.root && !(await needs.mayPublishForMachine(account))) return { Error: "Permission denied" };
  const published = command.Args.root ? service : `${account.name}:${service}`;
  const taken = (await Promise.all(MARCO_GROUPS.map((group) => catalogue.find(group, published)))).some(Boolean);
  const groups = wanted.length === 0 ? MARCO_GROUPS : wanted;
  const done = !taken && catalogue.register({ id: service, groups, ...(command.Args.root ? {} : { owner }) });
  return done ? { OK: published } : { Error: "The service already exists" };
}

function splitName(name: string): readonly [string, string | undefined] {
  const colon = name.indexOf(":");
  return colon < 0 ? [name, undefined] : [name.slice(colon + 1), name.slice(0, colon)];
}
