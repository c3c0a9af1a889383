import { describe, expect, test } from "vitest";
import { engines } from "./engines.testing.ts";

describe.each(engines)("the store on $name", ({ open, engine }) => {
  test("opens empty, with a revision counter at zero", async () => {
    await using store = await open();
    expect(store.engine).toBe(engine);
    const tables = store.tables();
    expect(await tables.revision()).toBe(0);
    expect(await tables.write((tx) => tables.nextRevision(tx))).toBe(1);
    expect(await tables.revision()).toBe(1);
  });
});
