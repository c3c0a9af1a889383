/** What a site may set about links. */
export interface LinkSettings {
  /** The server pings at this interval; silence for 2.5 of them means that a link is dead. */
  readonly heartbeatMs: number;
  readonly helloWithinMs: number;
  /** Hellos worked on at once; others are told when to come back. */
  readonly hellosAtOnce: number;
  /** Connections that have not been welcomed; over it they are turned away before they speak. */
  readonly strangersAtOnce: number;
  /** Unsent bytes from which a link counts as not writable. */
  readonly writableBytes: number;
  /** Unsent bytes from which it is cut: its agent reads no more. */
  readonly cutBytes: number;
  /** Frames a minute that may be malformed. */
  readonly malformedPerMinute: number;
  /** When draining, this many agents a second are asked to come back. */
  readonly returnsPerSecond: number;
}

export const linkDefaults: LinkSettings = {
  heartbeatMs: 30_000,
  helloWithinMs: 5_000,
  hellosAtOnce: 1_000,
  strangersAtOnce: 20_000,
  writableBytes: 1024 * 1024,
  // A start frame alone may be 4 MiB.
  cutBytes: 32 * 1024 * 1024,
  malformedPerMinute: 20,
  returnsPerSecond: 1_000,
};

/** This much silence means that a link is dead. */
export const SILENT_INTERVALS = 2.5;
