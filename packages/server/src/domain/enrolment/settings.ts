/** What a site may set about enrolment. */
export interface EnrolmentSettings {
  /** How long an agent's certificate lasts. Agents renew theirs over the link long before. */
  readonly certificateDays: number;
  /** Machines without a token wait for a person; absent: they are refused. */
  readonly queue: { readonly size: number; readonly expiresMs: number } | undefined;
  /** How often a waiting agent asks again. */
  readonly askAgainMs: number;
  /** Requests to the public door from one address: at once, and refilled each second. */
  readonly perAddress: { readonly burst: number; readonly perSecond: number };
}

export const enrolmentDefaults: EnrolmentSettings = {
  certificateDays: 90,
  queue: { size: 1_000, expiresMs: 7 * 86_400_000 },
  askAgainMs: 10_000,
  // A lab of 600 machines behind one address may enrol at once; guesses of tokens cost 21 times as much.
  perAddress: { burst: 600, perSecond: 20 },
};
