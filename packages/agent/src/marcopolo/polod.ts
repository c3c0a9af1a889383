/** A polod that holds port 1337 already is left in peace and used: our service is published by it, as by any program. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { spaced } from "@atalaya/protocol/marcopolo";
import { failureOf, type Log } from "../platform/log.ts";
import { jsonPieces } from "./json-pieces.ts";
import { REGISTRATION_ADDRESS, REGISTRATION_PORT } from "./registration-door.ts";

const TIMEOUT_MS = 4_000;
const MAX_ANSWER = 65_536;

/** Publishes a service of the machine (or of the agent's account, where the agent is not root). Throws when it cannot. */
export async function publishAtPolod(service: string): Promise<void> {
  const token = await ownToken();
  const answer = await call({
    Command: "Publish",
    Args: { token, service, root: process.getuid?.() === 0, permanent: false },
  });
  // A polod that knows it already has what we want.
  if ("OK" in answer || /exist/i.test(String(answer["Error"]))) return;
  throw new Error(`polod answered ${JSON.stringify(answer).slice(0, 200)}`);
}

export async function unpublishAtPolod(service: string, log: Log): Promise<void> {
  try {
    await call({ Command: "Unpublish", Args: { token: await ownToken(), service } });
  } catch (error) {
    log.warn("marcopolo.not-unpublished", failureOf(error));
  }
}

async function ownToken(): Promise<string> {
  const path = join(homedir(), ".polo", "token");
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
