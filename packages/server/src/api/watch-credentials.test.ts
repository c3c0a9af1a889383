import { expect, test } from "vitest";
import { createLocalBus } from "../platform/bus/index.ts";
import { movableClock } from "../platform/clock.testing.ts";
import { silentLog } from "../platform/log/index.ts";
import type { Actor } from "./actor.ts";
import { watchCredentials } from "./watch-credentials.ts";

const held = (token: string): { readonly actor: Actor } => ({
  actor: { name: `token:${token}`, permissions: new Set(), token },
});

test("whoever holds something loses it with its token: at once when that is told, within two seconds when not", async () => {
  const clock = movableClock();
  const bus = createLocalBus({ clock });
  const over = new Set<string>();
  const holders = new Set([held("one"), held("two"), held("three"), { actor: undefined }]);
  const lost: (string | undefined)[] = [];
  using _ = watchCredentials({
    holders: () => holders,
    ended: async (credentials) =>
      new Map(
        credentials
          .filter((credential) => over.has(credential))
          .map((credential) => [credential, { code: "identity.invalid", message: "" }] as const),
      ),
    end(holder) {
      holders.delete(holder);
      lost.push(holder.actor?.token);
    },
    bus,
    clock,
    log: silentLog,
  });
  over.add("one");
  bus.tell("identity");
  await expect.poll(() => lost).toEqual(["one"]);
  over.add("two");
  clock.move(1_999);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lost).toEqual(["one"]);
  clock.move(1);
  await expect.poll(() => lost).toEqual(["one", "two"]);
  over.add("three");
  clock.move(2_000);
  await expect.poll(() => lost).toEqual(["one", "two", "three"]);
});
