import { z } from "zod";
import type { Topic } from "../live/index.ts";
import type { EntryStore } from "./entries.store.ts";
import { checkUnlimited } from "./reach.ts";

const ENTRIES_A_BATCH = 500;

export function auditTopic(entries: EntryStore): Topic {
  return {
    name: "audit",
    summary: "Entries of the audit log as they are written, of all servers. The cursor is a revision.",
    params: z.strictObject({}),
    permission: "audit.read",
    async open(_params, _since, actor) {
      checkUnlimited(actor);
      return {
        subjects: ["audit"],
        async read(since = 0) {
          const { kept, more } = await entries.since(since, ENTRIES_A_BATCH);
          return {
            events: kept.map(({ entry }) => ({ type: "entry", entry })),
            cursor: kept.at(-1)?.revision ?? since,
            more,
          };
        },
      };
    },
  };
}
