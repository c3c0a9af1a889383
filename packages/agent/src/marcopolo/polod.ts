/** A polod that holds port 1337 already is left in peace and used: our service is published by it, as by any program. */
import { constants } from "node:fs";
import { open, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { spaced } from "@atalaya/protocol/marcopolo";
import type { Account } from "../capabilities/exec/account.ts";
import { failureOf, type Log } from "../platform/log.ts";
import { jsonPieces } from "./json-pieces.ts";
import { REGISTRATION_ADDRESS, REGISTRATION_PORT } from "./registration-door.ts";

const TIMEOUT_MS = 4_000;
const MAX_ANSWER = 65_536;
const MAX_TOKEN_BYTES = 4_096;

/** Publishes a service of the machine (or of the agent's account, where the agent is not root). Throws when it cannot. */
export async function publishAtPolod(service: string): Promise<void> {
  const publish = async (): Promise<void> =>
    published(
      await call({
        Command: "Publish",
        Args: { token: await ownToken(), service, root: process.getuid?.() === 0, permanent: false },
      }),
    );
  try {
    await publish();
  } catch (error) {
    // Of another polod, or of our own door from before: to this one it is nothing, and it only writes one where none is.
    if (!(await answers())) throw error;
    await rm(ownTokenPath(), { force: true });
    await publish();
  }
}

/** Whether there is a polod at all, by what every one knows. */
function answers(): Promise<boolean> {
  return call({ Command: "Request-token", Args: { uid: process.getuid?.() ?? 0 } }).then(
    () => true,
    () => false,
  );
}

function published(answer: Readonly<Record<string, unknown>>): void {
  // A polod that knows it already has what we want.
  if ("OK" in answer || /exist/i.test(String(answer["Error"]))) return;
  throw new Error(`polod answered ${JSON.stringify(answer).slice(0, 200)}`);
}

/** Tells polod of a service that an account has registered by a file, as a program of that account would. */
export async function publishForAccount(service: string, account: Account): Promise<void> {
  const known = await tokenIn(account);
  if (known === undefined) await call({ Command: "Request-token", Args: { uid: account.uid } });
  const token = known ?? (await tokenIn(account));
  if (token === undefined) throw new Error(`polod has written no token for ${account.name}`);
  published(await call({ Command: "Publish", Args: { token, service, root: false, permanent: false } }));
}

/** A home is its owner's to fill: no links are followed, and what is not the owner's is no token. */
async function tokenIn({ home, uid }: Account): Promise<string | undefined> {
  const path = join(home, ".polo", "token");
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.uid !== uid || stat.size > MAX_TOKEN_BYTES) return undefined;
    return (await file.readFile("utf8")).trim() || undefined;
  } finally {
    await file.close();
  }
}

export async function unpublishAtPolod(service: string, log: Log): Promise<void> {
  try {
    await call({ Command: "Unpublish", Args: { token: await ownToken(), service } });
  } catch (error) {
    log.warn("marcopolo.not-unpublished", failureOf(error));
  }
}

const ownTokenPath = (): string => join(homedir(), ".polo", "token");

async function ownToken(): Promise<string> {
  const path = ownTokenPath();
  const known = await readFile(path, "utf8").catch(() => undefined);
  if (known !== undefined && known !== "") return known;
  await call({ Command: "Request-token", Args: { uid: process.getuid?.() ?? 0 } });
  return readFile(path, "utf8");
}

/** One object there and one back. polod takes each TLS record for one object, so it is written in one piece. */
function call(command: object): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    // It shows a certificate of its own making that nobody can know; only this machine's loopback is trusted here.
    const socket = connect({ host: REGISTRATION_ADDRESS, port: REGISTRATION_PORT, rejectUnauthorized: false });
    const pieces = jsonPieces(MAX_ANSWER);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setEncoding("utf8");
    socket.setTimeout(TIMEOUT_MS, () => fail(new Error("polod does not answer")));
    socket.once("error", fail);
    socket.once("close", () => reject(new Error("polod hung up without an answer")));
    socket.once("secureConnect", () => socket.write(spaced(command)));
    socket.on("data", (chunk: string) => {
      try {
        const [text] = pieces.push(chunk);
        if (text === undefined) return;
        resolve(JSON.parse(text) as Readonly<Record<string, unknown>>);
        socket.end();
      } catch (error) {
        fail(error instanceof Error ? error : new Error("polod answered with something else than JSON"));
      }
    });
  });
}
