import type { AgentFrame } from "@atalaya/protocol";

/** The link as runs see it: one for each connection, never used again after it ended. */
export interface Outlet {
  send(frame: AgentFrame): void;
  /** An encoded output frame. */
  output(frame: Uint8Array): void;
  /** Output that was sent and is committed now. */
  committed(bytes: number): void;
  /** Whether more output may be sent. After it said no, runs are called when there is room again. */
  hasRoom(): boolean;
}
