/** Which server to dial next. Pure. */
import { showAddress, type Address } from "./addresses.ts";

/** When each server last failed, by its shown address. */
export type Failures = ReadonlyMap<string, number>;

/** The first in order that did not fail since `roundBegan`; undefined when all did: the round is over, wait. */
export function nextServer(servers: readonly Address[], failures: Failures, roundBegan: number): Address | undefined {
  return servers.find((server) => (failures.get(showAddress(server)) ?? Number.NEGATIVE_INFINITY) < roundBegan);
}

/** The servers that would be preferred to the one we are at. */
export function preferredTo(servers: readonly Address[], current: Address): readonly Address[] {
  const at = servers.findIndex((server) => showAddress(server) === showAddress(current));
  return at < 0 ? servers : servers.slice(0, at);
}
