import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";

/** Who is limited to places lets machines in there and nowhere else; `place` absent means the whole fleet. */
export function mayDecideIn(actor: Actor, place: string | undefined): void {
  if (actor.places === undefined) return;
  const within = place !== undefined && actor.places.some((own) => place === own || place.startsWith(`${own}/`));
  if (within) return;
  throw new AtalayaError("identity.forbidden", `${actor.name} is limited to ${actor.places.join(", ")}`, {
    details: { places: actor.places },
  });
}
