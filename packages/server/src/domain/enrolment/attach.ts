import { Fingerprint } from "@atalaya/protocol";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import { inBatches } from "../../platform/batches.ts";
import type { Fleet, HostKey, SystemKey } from "../fleet/index.ts";
import type { EntryStore } from "./entry.store.ts";
import type { JoinTokenStore } from "./join-tokens.store.ts";
import type { EnrolmentRow } from "./tables.store.ts";

/** Where an accepted enrolment stands in the fleet; asks the fleet until it has answered once. */
export type Attacher = (row: EnrolmentRow) => Promise<{ readonly host: HostKey; readonly system: SystemKey }>;

type Attached = Parameters<EntryStore["attached"]>[0][number];
const Strings = z.array(z.string());
const Labels = z.record(z.string(), z.string());

/**
 * The fleet's answer is kept in a step of its own: whoever asks again after a crash in between gets the same host. A
 * system has one enrolment: those it had before, on a disk that was replaced or is still somewhere, end with it.
 */
export function attacher(needs: {
  readonly fleet: Pick<Fleet, "attach">;
  readonly entries: Pick<EntryStore, "attached">;
  readonly tokens: Pick<JoinTokenStore, "byKey">;
  readonly clock: Clock;
  /** These enrolments were revoked because their systems have others now. */
  readonly replaced: (enrolments: readonly string[]) => void;
}): Attacher {
  const note = inBatches<Attached, undefined>(async (attached) => {
    const replaced = await needs.entries.attached(attached, needs.clock.now());
    if (replaced.length > 0) needs.replaced(replaced);
    return attached.map(() => undefined);
  });
  return async (row) => {
    if (row.host !== null && row.system !== null) return { host: row.host, system: row.system };
    const token = row.join_token === null ? undefined : await needs.tokens.byKey(row.join_token);
    const { host, system } = await needs.fleet.attach({
      enrolment: row.id,
      fingerprint: Fingerprint.parse(JSON.parse(row.fingerprint)),
      system: { kind: row.system_kind, name: row.system_name },
      hostname: row.hostname,
      agentVersion: row.agent_version,
      ...(token === undefined || token.place === null ? {} : { place: Strings.parse(JSON.parse(token.place)) }),
      ...(token === undefined || token.labels === null ? {} : { labels: Labels.parse(JSON.parse(token.labels)) }),
      ...(token === undefined || token.reach === null ? {} : { reach: Strings.parse(JSON.parse(token.reach)) }),
    });
    await note({ key: row.key, host, system });
    return { host, system };
  };
}
