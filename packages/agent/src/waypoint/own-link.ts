import type { Enrolled } from "../enrol/identity.ts";
import type { Address } from "../link/addresses.ts";

/** Our own link: where it is, and who we are there. */
export interface OwnLink {
  readonly address: Address;
  readonly enrolled: Enrolled;
  /** PEM. */
  readonly key: string;
}
