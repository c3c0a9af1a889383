import { AtalayaError } from "@atalaya/protocol";
import type { Asker } from "./create-fleet.ts";
import { placeTest } from "./selection.ts";

/** Throws `identity.forbidden` unless this place is within the actor's own: nobody moves a host out of their sight or into others'. */
export function checkReach(actor: Asker, place: readonly string[]): void {
  if (placeTest(actor.places)({ place })) return;
  throw new AtalayaError("identity.forbidden", `${actor.name} is limited to other places.`, {
    details: { places: actor.places },
  });
}

/** Throws `identity.forbidden` for actors that are limited to places: what holds everywhere is not theirs to change. */
export function checkUnlimited(actor: Asker): void {
  if (actor.places === undefined) return;
  throw new AtalayaError("identity.forbidden", `${actor.name} is limited to places, and groups hold in all of them.`, {
    details: { places: actor.places },
  });
}
