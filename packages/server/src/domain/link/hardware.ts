/** Whether two fingerprints can be of one machine. Pure. */
import type { Fingerprint } from "@atalaya/protocol";

/**
 * The strongest part that both have decides: UUID, then serial, then any MAC in common. Network cards come and go, so
 * they are asked last; where there is nothing to compare, nothing speaks against it.
 */
export function isSameHardware(known: Fingerprint, shown: Fingerprint): boolean {
  if (known.uuid !== undefined && shown.uuid !== undefined) return known.uuid === shown.uuid;
  if (known.serial !== undefined && shown.serial !== undefined) return known.serial === shown.serial;
  if (known.macs.length > 0 && shown.macs.length > 0) return shown.macs.some((mac) => known.macs.includes(mac));
  return true;
}

/** What is known afterwards: a part that could not be read this time is not forgotten. */
export function withShown(known: Fingerprint, shown: Fingerprint): Fingerprint {
  return { ...known, ...shown, macs: shown.macs.length > 0 ? shown.macs : known.macs };
}
