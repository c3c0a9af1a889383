/**
 * What the agent does for a deployment under way: it fetches the blobs that the worker wants, and tells how far it has
 * come. All it knows it reads from the run's folder, so that the agent's next process goes on where this one was killed.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { chmod, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { AtalayaError, type Progress } from "@atalaya/protocol";
import type { AttendedRun, Attendant } from "../../runs/handler.ts";
import { failureOf, type Log } from "../../platform/log.ts";
import { handFiles, MAX_SPEECH_BYTES, readSpeech, type DeployRequest, type Speech } from "./hand.ts";

export interface Supply {
  readonly log: Log;
  /** Fetches a blob the run may read, going on behind what the file holds, for as long as it takes. Throws `blob.*`. */
  fetchBlob(wish: {
    readonly sha256: string;
    readonly run: string;
    readonly into: string;
    readonly signal: AbortSignal;
    came(bytes: number): void;
  }): Promise<void>;
  /** A deployment has registered a MarcoPolo service: whoever answers for this host's services may look again. */
  serviceRegistered?(service: { readonly id: string; readonly file: string; readonly account: string }): void;
}

/** Many small files wait for the network, not for bytes. */
const AT_ONCE = 4;
const TELL_MS = 1_000;
/** Kept free on the agent's disk. */
const FREE_BYTES = 32 * 1024 * 1024;

export function attendDeployment(request: DeployRequest, run: AttendedRun, supply: Supply): Attendant {
  const hand = handFiles(run.files);
  const sizes = new Map(request.artifacts.map(({ sha256, size }) => [sha256, size]));
  const over = new AbortController();
  /** Of each blob that is or was here. */
  const came = new Map<string, number>();
  const done = new Set<string>();
  const waiting: string[] = [];
  const asked = new Set<string>();
  const fetching = new Map<string, Promise<void>>();
  let heard = 0;
  let rest = "";
  let progress: Progress | undefined;
  let told = "";
  let toldAt = 0;
  let timer: NodeJS.Timeout | undefined;

  function listen(): void {
    const buffer = Buffer.alloc(64 * 1024);
    let file: number;
    try {
      file = openSync(hand.speech, "r");
    } catch {
      return;
    }
    try {
      while (heard < MAX_SPEECH_BYTES) {
        const bytes = readSync(file, buffer, 0, buffer.length, heard);
        if (bytes === 0) break;
        heard += bytes;
        // Lines of the worker are ASCII: JSON with everything else escaped.
        const { said, taken } = readSpeech((rest += buffer.toString("latin1", 0, bytes)));
        rest = rest.slice(taken);
        for (const one of said) obey(one);
      }
    } finally {
      closeSync(file);
    }
  }

  function obey(said: Speech): void {
    if (said.say === "want") {
      for (const sha256 of said.blobs) {
        if (!sizes.has(sha256) || asked.has(sha256)) continue;
        asked.add(sha256);
        waiting.push(sha256);
      }
    } else if (said.say === "done") {
      if (!asked.has(said.blob)) return;
      done.add(said.blob);
      came.set(said.blob, sizes.get(said.blob) ?? 0);
      void rm(hand.blob(said.blob), { force: true });
    } else if (said.say === "progress") {
      progress = said;
    } else if (said.say === "service") {
      supply.serviceRegistered?.({ id: said.id, file: said.file, account: request.account ?? "" });
    }
  }

  function fetchMore(): void {
    while (!over.signal.aborted && fetching.size < AT_ONCE) {
      const sha256 = waiting.shift();
      if (sha256 === undefined) return;
      if (done.has(sha256)) continue;
      const fetched = fetchOne(sha256).finally(() => {
        fetching.delete(sha256);
        fetchMore();
      });
      fetching.set(sha256, fetched);
    }
  }

  async function fetchOne(sha256: string): Promise<void> {
    try {
      if (await isThere(hand.blob(sha256))) return void came.set(sha256, sizes.get(sha256) ?? 0);
      await checkSpace(sizes.get(sha256) ?? 0);
      const into = hand.part(sha256);
      await supply.fetchBlob({
        sha256,
        run: run.id,
        into,
        signal: over.signal,
        came(bytes) {
          came.set(sha256, bytes);
          tellSoon();
        },
      });
      await chmod(into, 0o644);
      await rename(into, hand.blob(sha256));
    } catch (error) {
      if (over.signal.aborted) return;
      const { code = "run.cannot-start", message } = failureOf(error);
      supply.log.warn("deploy.blob-not-fetched", { run: run.id, sha256, code, message });
      const refusal = hand.refusal(sha256);
      await writeFile(`${refusal}.new`, JSON.stringify({ code, message: message.slice(0, 1000) }), { mode: 0o644 });
      await rename(`${refusal}.new`, refusal);
    }
  }

  async function checkSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(hand.folder);
    if (bavail * bsize - bytes >= FREE_BYTES) return;
    throw new AtalayaError("deploy.no-space", `the disk of the agent's folder has no room for ${bytes} bytes`);
  }

  function tellSoon(): void {
    if (timer !== undefined || over.signal.aborted) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        tell();
      },
      Math.max(0, toldAt + TELL_MS - performance.now()),
    );
    timer.unref();
  }

  function tell(): void {
    const outlet = run.outlet();
    if (outlet === undefined || progress === undefined || over.signal.aborted) return;
    const { phase, total } = progress;
    const bytes = [...came.values()].reduce((sum, one) => sum + one, 0);
    const now = { phase, done: phase === "fetching" ? Math.min(bytes, total) : progress.done, total };
    const text = JSON.stringify(now);
    if (text === told) return;
    told = text;
    toldAt = performance.now();
    outlet.send({ type: "progress", run: run.id, ...now });
  }

  return {
    look() {
      if (over.signal.aborted) return;
      listen();
      fetchMore();
      tellSoon();
    },
    async close() {
      over.abort();
      clearTimeout(timer);
      await Promise.allSettled(fetching.values());
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
