import type { Actor } from "./actor.ts";

/** Whether this place, as in `centro/aula-1`, is the actor's to see. What stands nowhere is only theirs who have no limit. */
export function isInReach({ places }: Pick<Actor, "places">, place: string | undefined): boolean {
  if (places === undefined) return true;
  return place !== undefined && places.some((own) => place === own || place.startsWith(`${own}/`));
}
