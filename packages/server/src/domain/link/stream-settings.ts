/** What a site may set about streams. */
export interface StreamSettings {
  /** At once, those being opened included. */
  readonly perHost: number;
  readonly perUser: number;
  readonly inAll: number;
  /** How long an agent may take to dial, counted from its last dial: of many streams it dials a few at a time. */
  readonly answerMs: number;
  /** How long it may take at the most. */
  readonly answerInAllMs: number;
  /** We ping at this interval; silence for 2.5 of them means that a stream is dead. */
  readonly heartbeatMs: number;
  /** How long streams outlive their host's link: a link that breaks comes back, and its streams need not have broken. */
  readonly linklessMs: number;
  /** How long streams may take to answer, once their host's link has fallen silent. */
  readonly probeMs: number;
  /** How long a closing handshake may take. */
  readonly closeMs: number;
}

export const streamDefaults: StreamSettings = {
  perHost: 1_024,
  perUser: 2_048,
  inAll: 8_192,
  answerMs: 15_000,
  answerInAllMs: 60_000,
  heartbeatMs: 30_000,
  linklessMs: 120_000,
  probeMs: 5_000,
  closeMs: 5_000,
};
