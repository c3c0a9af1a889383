/** What goes when it is old: changes, the pieces that nothing is made of any more, parts that nobody has, events. */
import type { Tables } from "../../platform/store/index.ts";
import type { Schema } from "./tables.store.ts";

/** Keeps so many events. Returns how many changes went. */
export function pruneStatuses(tables: Tables<Schema>, before: number, events: number): Promise<number> {
  return tables.write(async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom("status_change")
      .where("at", "<", before)
      // What is the case still needs the change that made it so.
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom("status_change as later")
            .select("later.revision")
            .whereRef("later.host", "=", "status_change.host")
            .whereRef("later.revision", ">", "status_change.revision"),
        ),
      )
      .executeTakeFirst();
    const dropped = Number(numDeletedRows);
    if (dropped > 0) {
      await tx
        .deleteFrom("status_piece")
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("status_piece as later")
              .select("later.revision")
              .whereRef("later.host", "=", "status_piece.host")
              .whereRef("later.name", "=", "status_piece.name")
              .whereRef("later.revision", ">", "status_piece.revision")
              .where("later.revision", "<=", (oldest) =>
                oldest
                  .selectFrom("status_change as c")
                  .select((fn) => fn.fn.min("c.revision").as("revision"))
                  .whereRef("c.host", "=", "status_piece.host"),
              ),
          ),
        )
        .execute();
    }
    await dropUnused(tx);
    const newest = await tx
      .selectFrom("status_event")
      .select((fn) => fn.fn.max("number").as("number"))
      .executeTakeFirst();
    if (newest !== undefined && newest.number !== null)
      await tx
        .deleteFrom("status_event")
        .where("number", "<=", newest.number - events)
        .execute();
    return dropped;
  });
}

type Transaction = Parameters<Parameters<Tables<Schema>["write"]>[0]>[0];

async function dropUnused(tx: Transaction): Promise<void> {
  await tx
    .deleteFrom("status_part")
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom("status_piece as p").select("p.part").whereRef("p.part", "=", "status_part.key"))),
    )
    .where((eb) =>
      eb.not(
        eb.exists(eb.selectFrom("status_current as c").select("c.part").whereRef("c.part", "=", "status_part.key")),
      ),
    )
    .execute();
}
