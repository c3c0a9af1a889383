/** Commits rows until it is killed, and prints each number once its commit was acknowledged. */
import { migrations } from "../../migrations/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { openStore, type StoreSettings } from "./index.ts";
import { noteMigration, type NoteTables } from "./notes.testing.ts";

const settings = JSON.parse(process.argv[2] ?? "") as StoreSettings;
const store = await openStore(settings, {
  clock: systemClock,
  log: silentLog,
  migrations: [...migrations, noteMigration],
});
const tables = store.tables<NoteTables>();

async function forever(name: string): Promise<never> {
  for (let number = 0; ; number++) {
    const text = `${name} ${number}`;
    const revision = await tables.write(async (tx) => {
      const rows = ["a", "b", "c"].map((part) => ({ text: `${text} ${part}`, revision: 0 }));
      const keys = await tx.insertInto("test_note").values(rows).returning("key").execute();
      const taken = await tables.nextRevision(tx);
      const all = keys.map(({ key }) => key);
      await tx.updateTable("test_note").set({ revision: taken }).where("key", "in", all).execute();
      return taken;
    });
    console.log(JSON.stringify({ text, revision }));
  }
}

await Promise.all([forever("first"), forever("second")]);
