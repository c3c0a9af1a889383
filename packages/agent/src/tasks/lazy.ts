import type { Handler } from "../runs/handler.ts";
import { lazyHandler } from "../runs/lazy-handler.ts";
import type { KindNeeds } from "./kinds.ts";

/** Their contracts say the same, and a test that these do. */
export const TASK_NAMES = ["package", "service", "instance", "environment", "personality"] as const;

/** All capabilities whose runs are tasks. */
export function taskHandlers(needs: KindNeeds): readonly Handler[] {
  return TASK_NAMES.map((name) =>
    lazyHandler(name, async () => (await import("./kinds.ts")).taskHandlerOf(name, needs)),
  );
}
