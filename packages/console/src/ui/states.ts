/** How states look: a tone (never alone: a word or a shape goes with it) and their order in bars, good to bad to open. */
export const hostStates = ["online", "pending", "quarantined", "offline"] as const;
export type HostState = (typeof hostStates)[number];

export type Tone = "ok" | "bad" | "busy" | "still" | "odd" | "fire";

export const toneOfHost: Readonly<Record<HostState, Tone>> = {
  online: "ok",
  pending: "fire",
  quarantined: "odd",
  offline: "still",
};
