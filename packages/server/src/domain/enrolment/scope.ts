import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { isInReach } from "../../api/places.ts";

/** Who is limited to places lets machines in there and nowhere else; `place` absent means the whole fleet. */
export function mayDecideIn(actor: Actor, place: string | undefined): void {
  if (isInReach(actor, place)) return;
  throw new AtalayaError("identity.forbidden", `${actor.name} is limited to ${actor.places?.join(", ")}`, {
    details: { places: actor.places },
  });
}
