/** One host of `atalaya monitor`, in full: followed, so that it tells its processes, too. */
import type { Client } from "@atalaya/client";
import type { Session } from "../session.ts";
import { sampleView, type Sample } from "../ui/sample-view.ts";

const CLEAR = "\u001b[H\u001b[J";
/** Samples with processes come within a second of being followed; a host that is slower shows what it told before. */
const PATIENCE_MS = 4_000;

export interface HostShown {
  /** Its name. */
  readonly host: string;
  readonly watch: boolean;
  readonly json: boolean;
}

export async function monitorHost(client: Client, session: Session, { host, watch, json }: HostShown): Promise<void> {
  const { out, err } = session.terminal;
  const show = async (sample: Sample): Promise<void> => {
    if (json) return out.write(`${JSON.stringify(sample, undefined, watch ? undefined : 2)}\n`);
    const page = sampleView(host, sample, out, session.now());
    await out.write(watch && out.columns !== undefined ? `${CLEAR}${page}` : page);
  };
  let latest: Sample | undefined;
  let whole = 0;
  const patience = watch ? [] : [AbortSignal.timeout(PATIENCE_MS)];
  const signal = AbortSignal.any([session.interrupted, ...patience]);
  try {
    for await (const { events } of client.live.subscribe("monitor", { host }, { signal })) {
      for (const event of events) {
        latest = event["sample"] as Sample;
        if (watch) await show(latest);
        // The first has nothing before it to measure rates by.
        else if (latest.processes !== undefined && (whole += 1) > 1) return await show(latest);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (watch) return;
  if (latest === undefined) return err.write("Nothing is known yet of how this host fares.\n");
  await show(latest);
}
