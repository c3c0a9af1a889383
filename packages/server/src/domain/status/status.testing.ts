/** A fleet, links that are only names, and the room of statuses over them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, type AgentFrame, type ServerFrame, type StatusFrame } from "@atalaya/protocol";
import { createLocalBus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { createFleet, type HostKey } from "../fleet/index.ts";
import { linkOf, newcomer } from "../fleet/fleet.testing.ts";
import type { Link, LinkListener } from "../link/index.ts";
import { createStatus } from "./create.ts";
import { digestOfText } from "./parts.ts";

export const sample = JSON.parse(
  readFileSync(join(import.meta.dirname, "minion-sample.fixture.json"), "utf8"),
) as Readonly<Record<string, unknown>>;

export async function openTower(store: Store, clock: Clock) {
  await using undo = new AsyncDisposableStack();
  const bus = createLocalBus({ clock });
  const fleet = undo.use(await createFleet({ store, bus, clock, log: silentLog, server: "here" }));
  const links = new Map<HostKey, Link & { readonly sent: ServerFrame[] }>();
  let listener: LinkListener | undefined;
  const status = undo.use(
    await createStatus({
      store,
      bus,
      clock,
      log: silentLog,
      fleet,
      links: {
        of: (host) => links.get(host),
        size: 0,
        attach(one) {
          listener = one;
          return { [Symbol.dispose]: () => undefined };
        },
      },
    }),
  );
  const owned = undo.move();

  return {
    bus,
    fleet,
    status,
    /** A host of this number, known and online; by a link when it has an agent. */
    async online(number: number, { place, agent = false }: { place?: readonly string[]; agent?: boolean } = {}) {
      const attached = await fleet.attach(newcomer(number, place === undefined ? {} : { place }));
      const { host } = attached;
      const sent: ServerFrame[] = [];
      if (agent)
        links.set(host, {
          host,
          enrolment: `enr_${number}`,
          sent,
          send: (frame: ServerFrame) => sent.push(frame) > 0,
        } as unknown as Link & { readonly sent: ServerFrame[] });
      await fleet.linkUp(linkOf(attached, number, { at: clock.now() }));
      return { host, sent, attached };
    },
    async offline(number: number) {
      const attached = await fleet.attach(newcomer(number));
      links.delete(attached.host);
      const { system, host } = attached;
      await fleet.linkDown({ system, host, reason: "closed", at: clock.now() });
    },
    says(host: HostKey, frame: Extract<AgentFrame, { type: "status" | "sample" }>): void {
      listener!.aside!(links.get(host)!, frame);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function statusFrame(
  parts: Readonly<Record<string, unknown>>,
  values: readonly string[] = Object.keys(parts),
): StatusFrame {
  return {
    type: "status",
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, value]) => [name, digestOfText(canonicalJson(value))]),
    ) as StatusFrame["parts"],
    values: Object.fromEntries(values.map((name) => [name, parts[name]])) as NonNullable<StatusFrame["values"]>,
  };
}
