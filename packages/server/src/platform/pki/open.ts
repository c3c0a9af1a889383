import type { Clock } from "../clock.ts";
import type { Log } from "../log/index.ts";
import type { Pki } from "./pki.ts";

export interface PkiNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly names?: readonly string[];
}

export declare function openPki(folder: string, needs: PkiNeeds): Promise<Pki>;
