import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { AtalayaError, failures, splitJoinToken } from "@atalaya/protocol";
import { readFingerprint, readSystem } from "../capabilities/inventory/fingerprint.ts";
import { sysfs } from "../capabilities/inventory/sysfs.ts";
import { enrol, pinOf, type Trust } from "../enrol/enrol.ts";
import { openIdentity, type Enrolled } from "../enrol/identity.ts";
import { showAddress, type Address } from "../link/addresses.ts";
import type { Environment } from "../link/proxy.ts";
import type { Log } from "../platform/log.ts";
import type { Settings } from "../settings.ts";
import { VERSION } from "../version.ts";

/** The exit status that means: no. */
const REFUSED = 4;

/** `join`: resolves when this machine is accepted. Joining again, also elsewhere, keeps the key and replaces the rest at once. */
export async function join(
  settings: Settings,
  environment: Environment,
  log: Log,
  signal?: AbortSignal,
): Promise<Enrolled> {
  const token = await tokenOf(settings);
  const trust = await trustOf(settings, token?.pin);
  const servers = settings.servers ?? (await lookForServers(signal));
  const files = sysfs(settings.root);
  const identity = await openIdentity(settings.data);
  const asking = enrol({
    servers,
    trust,
    ...(token === undefined ? {} : { token: token.token }),
    identity,
    about: {
      fingerprint: readFingerprint(files),
      system: readSystem(files),
      hostname: hostname(),
      agentVersion: VERSION,
    },
    environment,
    log,
    ...(signal === undefined ? {} : { signal }),
    onPending: (enrolment) =>
      process.stderr.write(`Waiting to be accepted. On the server: atalaya host accept ${enrolment}\n`),
  });
  return asking.catch(async (error: unknown) => {
    // A machine that is not let in is left as it was.
    if (error instanceof AtalayaError && failures[error.code].exit === REFUSED) await identity.unmake();
    throw error;
  });
}

async function lookForServers(signal: AbortSignal | undefined): Promise<readonly Address[]> {
  process.stderr.write("No server is named: looking for one on this network\n");
  const { findServers } = await import("../enrol/find-servers.ts");
  const found = await findServers(signal);
  if (found.length === 0) {
    throw new AtalayaError("settings.wrong", "no server is named, and none answers on this network (DNS-SD)", {
      next: "atalaya-agent join --server HOST:PORT",
    });
  }
  process.stderr.write(`Found ${found.map(showAddress).join(", ")}\n`);
  return found;
}

async function tokenOf({
  token,
  tokenFile,
}: Settings): Promise<{ readonly token: string; readonly pin: string } | undefined> {
  const text = tokenFile === undefined ? token : await readToken(tokenFile);
  if (text === undefined) return undefined;
  const split = splitJoinToken(text.trim());
  if (split === undefined)
    throw new AtalayaError("settings.wrong", "the join token is not whole: it reads atj_….…, as the server printed it");
  return split;
}

async function readToken(path: string): Promise<string> {
  try {
    return await readFile(path === "-" ? "/dev/stdin" : path, "utf8");
  } catch (cause) {
    throw new AtalayaError("settings.wrong", `the token file ${path} cannot be read`, { cause });
  }
}

async function trustOf({ caPin, caFile }: Settings, tokenPin: string | undefined): Promise<Trust> {
  if (caFile !== undefined) {
    const ca = await readFile(caFile, "utf8").catch((cause: unknown) => {
      throw new AtalayaError("settings.wrong", `the CA file ${caFile} cannot be read`, { cause });
    });
    const pin = pinOf(ca);
    if (pin === undefined) throw new AtalayaError("settings.wrong", `${caFile} holds no certificate in PEM`);
    const wanted = tokenPin ?? caPin;
    if (wanted !== undefined && wanted !== pin)
      throw new AtalayaError("enrolment.ca-mismatch", `the CA in ${caFile} is not the one that is pinned`);
    return { kind: "certificate", ca };
  }
  if (tokenPin !== undefined && caPin !== undefined && tokenPin !== caPin) {
    throw new AtalayaError("enrolment.ca-mismatch", "the token and --ca-pin name different CAs");
  }
  const pin = tokenPin ?? caPin;
  if (pin !== undefined) return { kind: "pin", pin };
  throw new AtalayaError(
    "settings.wrong",
    "without a join token the server's CA must be named, or anybody could play the server",
    {
      next: "set ATALAYA_JOIN_TOKEN, or give --ca-pin or --ca-file",
    },
  );
}
