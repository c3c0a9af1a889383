import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { runAgent } from "../agent.ts";
import { openIdentity } from "../enrol/identity.ts";
import { showAddress } from "../link/addresses.ts";
import type { LinkState } from "../link/link.ts";
import type { Environment } from "../link/proxy.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { Settings } from "../settings.ts";
import { lockData } from "./lock.ts";

/** `run`: until SIGTERM or SIGINT. Commands that run go on, and are taken up again by the next agent. */
export async function run(settings: Settings, environment: Environment, log: Log): Promise<void> {
  const { data } = settings;
  // Accounts pass through folders of the spool: a server that keeps its own files to itself has started us, say.
  process.umask(0o022);
  const identity = await openIdentity(data);
  const lock = lockData(data);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  // Whoever stops us asks until we are gone. A second Ctrl-C is a person who does not want to wait.
  process.on("SIGTERM", onSignal).once("SIGINT", onSignal);
  try {
    if ((await identity.enrolled()) === undefined) {
      if (settings.token === undefined && settings.tokenFile === undefined) {
        throw new AtalayaError("enrolment.unknown", `the agent in ${data} has not joined a server`, {
          next: "atalaya-agent join --server HOST:PORT",
        });
      }
      // With a token at hand the first start joins by itself.
      const { join: joinServer } = await import("./join.ts");
      await joinServer(settings, environment, log, stop.signal);
    }
    const state = stateWriter(data, log, settings.waypoint && showAddress(settings.waypoint.listen));
    await runAgent(
      {
        data,
        root: settings.root,
        environment,
        log,
        ...(settings.servers === undefined ? {} : { servers: settings.servers }),
        strategy: settings.strategy,
        ...(settings.waypoint === undefined ? {} : { waypoint: settings.waypoint }),
        onState: state.link,
        onWaypoint: state.waypoint,
      },
      stop.signal,
    );
  } finally {
    process.off("SIGINT", onSignal);
    lock.release();
  }
}

/** For `status`: how link and waypoint stand, written one after another. */
function stateWriter(data: string, log: Log, listen: string | undefined) {
  let last: Promise<void> = Promise.resolve();
  let link: object = {};
  let waypoint: { readonly listen: string; readonly problem?: string } | undefined;
  function write(): void {
    const text = `${JSON.stringify({ ...link, waypoint })}\n`;
    last = last
      .then(() => writeFile(join(data, "link.json"), text, { mode: 0o600 }))
      .catch((error: unknown) => log.warn("state.not-written", failureOf(error)));
  }
  return {
    link(state: LinkState) {
      link = { ...state, since: Date.now() };
      write();
    },
    waypoint(problem: string | undefined) {
      waypoint = listen === undefined ? undefined : { listen, ...(problem === undefined ? {} : { problem }) };
      write();
    },
  };
}
