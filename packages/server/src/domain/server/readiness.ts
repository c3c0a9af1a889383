import type { Store } from "../../platform/store/engine.ts";

export interface Readiness {
  /** `undefined`: ready. Otherwise the reason why not. */
  whyNot(): Promise<string | undefined>;
  begin(): void;
  drain(): void;
}

/** A store that does not answer within this time is as good as none. */
const PATIENCE_MS = 2_000;

export function readiness(store: Store): Readiness {
  let phase: "starting" | "serving" | "draining" = "starting";
  return {
    async whyNot() {
      if (phase !== "serving") return phase;
      const late = Promise.withResolvers<string>();
      const timer = setTimeout(() => late.resolve("the store does not answer"), PATIENCE_MS);
      const answer = store
        .tables()
        .revision()
        .then(
          () => undefined,
          () => "the store is unavailable",
        );
      return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
    },
    begin: () => void (phase = "serving"),
    drain: () => void (phase = "draining"),
  };
}
