import type { Fleet, HostKey } from "./fleet.ts";

/** Which hosts a selector picks, for a topic that follows it: looked at anew with each read, because hosts come, go and change. */
export interface FollowedSelector {
  /** Before each read. Throws what the selector has become wrong by, as a group that was deleted. */
  look(): Promise<void>;
  /** As of the last look. */
  has(host: HostKey): boolean;
}

/** Throws at once, and not in the middle of the stream, when the selector is wrong. */
export async function followSelector(
  fleet: Pick<Fleet, "resolve">,
  selector: string,
  places: readonly string[] | undefined,
): Promise<FollowedSelector> {
  const isEverybody = selector === "all" && places === undefined;
  let hosts: ReadonlySet<HostKey> = new Set();
  const followed: FollowedSelector = {
    async look() {
      if (isEverybody) return;
      hosts = new Set(
        (await fleet.resolve(selector, places === undefined ? {} : { places })).hosts.map(({ key }) => key),
      );
    },
    has: (host) => isEverybody || hosts.has(host),
  };
  await followed.look();
  return followed;
}
