/**
 * Hints that something was committed. The store is the truth; a lost hint may delay, never lose: whoever listens also
 * looks by itself every 2 seconds.
 */
export interface Bus {
  /** Tells that something about `subject` changed. Never throws, never waits. */
  tell(subject: Subject): void;
  /** Whether somebody may listen to subjects of this word: who tells of thousands asks once. */
  heeds(word: "output"): boolean;
  /** Calls `listener` after something about `subject` was told. Hints may be merged. */
  on(subject: Subject, listener: () => void): Disposable;
}

/** `fleet`, `jobs`, `job:12`, `output:12`, `output:12:7`: a room's word, then integer ids. */
export type Subject =
  | "fleet"
  | "jobs"
  | "enrolment"
  | "identity"
  | "audit"
  | "discovery"
  | "monitor"
  | "status"
  | `job:${number}`
  | `output:${number}`
  | `output-of:${number}`
  | `progress:${number}`
  | `output:${number}:${number}`;
