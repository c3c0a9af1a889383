/** What has arrived of a deployment: all hosts together as a bar, and where few are under way, each of them. */
import { arrivedAt, type Client, type RunProgress } from "@atalaya/client";
import { byteBar } from "./ui/bar.ts";
import { isEnd } from "./ui/progress.ts";
import { printable } from "./ui/terminal.ts";

export interface Arrival extends Disposable {
  /** For the progress line; empty when all has arrived, and where nothing has to. */
  words(): string;
}

export interface ArrivalNeeds {
  readonly client: Client;
  readonly job: string;
  readonly runs: readonly { readonly id: string; readonly host: { readonly name: string } }[];
  /** Of the files of the deployment. */
  readonly bytesPerHost: number;
}

/** Above, the line would hold no more than names. */
const NAMED = 3;

/** Follows until it is disposed of; what cannot be followed is only not shown. */
export function watchArrival({ client, job, runs, bytesPerHost }: ArrivalNeeds): Arrival {
  const come = new Map<string, RunProgress>();
  const ended = new Set<string>();
  const stop = new AbortController();

  async function follow(topic: "progress" | "job"): Promise<void> {
    for await (const { events } of client.live.subscribe(topic, { job }, { signal: stop.signal })) {
      for (const event of events) {
        if (event["type"] === "progress") come.set(event["run"] as string, event as unknown as RunProgress);
        if (event["type"] !== "run") continue;
        const { id, state } = event["run"] as { readonly id: string; readonly state: string };
        if (isEnd(state)) ended.add(id);
      }
    }
  }
  if (bytesPerHost > 0) {
    follow("progress").catch(() => undefined);
    follow("job").catch(() => undefined);
  }

  return {
    words: () => arrivalWords({ runs, come, ended, bytesPerHost }),
    [Symbol.dispose]: () => stop.abort(),
  };
}

/** Runs that have ended need no more bytes, however they ended. Pure. */
export function arrivalWords({
  runs,
  come,
  ended,
  bytesPerHost,
}: Pick<ArrivalNeeds, "runs" | "bytesPerHost"> & {
  readonly come: ReadonlyMap<string, RunProgress>;
  readonly ended: ReadonlySet<string>;
}): string {
  const at = (id: string): number => (ended.has(id) ? bytesPerHost : arrivedAt(come.get(id), bytesPerHost));
  const done = runs.reduce((sum, { id }) => sum + at(id), 0);
  const total = runs.length * bytesPerHost;
  if (done >= total) return "";
  const underWay = runs.filter(({ id }) => !ended.has(id) && come.has(id) && at(id) < bytesPerHost);
  const each = underWay.length > NAMED || runs.length === 1 ? [] : underWay;
  const named = each.map(({ id, host }) => `${printable(host.name)} ${Math.floor((100 * at(id)) / bytesPerHost)} %`);
  return [byteBar(done, total), ...named].join("  ");
}
