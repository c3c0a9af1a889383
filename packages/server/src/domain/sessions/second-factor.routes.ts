import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { route, routes } from "../../api/route.ts";
import type { SecondFactor } from "../users/index.ts";
import type { Entrance } from "./entrance.ts";

const tags = ["identity"];
const Code = z
  .strictObject({ code: z.string().min(1).max(64) })
  .meta({ id: "SecondFactorCode", description: "What the device shows now, or a recovery code." });

export interface SecondFactorRoutesNeeds {
  readonly secondFactor: SecondFactor;
  /** Codes are guessed here as well as at the door. */
  readonly entrance: Entrance;
}

/** `/session/second-factor`: one's own. */
export const secondFactorRoutes = ({ secondFactor, entrance }: SecondFactorRoutesNeeds) => {
  function guarded<T>(actor: Actor, address: string, attempt: () => Promise<T>): Promise<T> {
    return entrance.pass({ actor: actor.name, account: actor.account ?? actor.name, address, isTold: true }, attempt);
  }
  return routes()
    .openapi(
      route({
        method: "post",
        path: "/session/second-factor",
        operationId: "beginSecondFactor",
        permission: "authenticated",
        audit: "second-factor.begin",
        summary: "Begin to set up a second factor",
        description: "It counts for nothing until a first code confirms it.",
        tags,
        responses: {
          200: z
            .object({ uri: z.string().describe("`otpauth://…`, for a QR code."), secret: z.string() })
            .meta({ id: "NewSecondFactor", description: "What the person's device needs. Shown once." }),
        },
      }),
      async (c) => c.json(await secondFactor.begin(personOf(c.var.actor)), 200),
    )
    .openapi(
      route({
        method: "put",
        path: "/session/second-factor",
        operationId: "confirmSecondFactor",
        permission: "authenticated",
        audit: "second-factor.confirm",
        summary: "Confirm it with a first code",
        tags,
        body: Code,
        responses: {
          200: z
            .object({ recoveryCodes: z.array(z.string()) })
            .meta({ id: "RecoveryCodes", description: "Each signs in once, without the device. Shown once." }),
        },
      }),
      async (c) => {
        const { actor, peer } = c.var;
        const name = personOf(actor);
        const { code } = c.req.valid("json");
        const recoveryCodes = await guarded(actor, peer.address, async () => {
          const codes = await secondFactor.confirm(name, code);
          if (codes === undefined) throw wrongCode();
          return codes;
        });
        c.var.log.info({ user: name }, "set up a second factor");
        return c.json({ recoveryCodes: [...recoveryCodes] }, 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/session/second-factor",
        operationId: "removeSecondFactor",
        permission: "authenticated",
        audit: "second-factor.remove",
        summary: "Do without it from now on",
        description: "Takes a code: who finds an open browser shall not be able to.",
        tags,
        body: Code,
        responses: { 204: null },
      }),
      async (c) => {
        const { actor, peer } = c.var;
        const name = personOf(actor);
        const { code } = c.req.valid("json");
        await guarded(actor, peer.address, async () => {
          if (!(await secondFactor.check(name, code))) throw wrongCode();
        });
        await secondFactor.remove(name);
        c.var.log.info({ user: name }, "removed a second factor");
        return c.body(null, 204);
      },
    );
};

/** `wrong` says that a code came: it counts as a failed attempt. */
export function wrongCode(): AtalayaError {
  return new AtalayaError("identity.second-factor", "This code is wrong, was used, or is too old.", {
    details: { wrong: true },
    next: "Wait for the next code of your device, or use a recovery code.",
  });
}

function personOf(actor: Actor): string {
  if (actor.session !== undefined && actor.name.startsWith("pam:")) return actor.name;
  throw new AtalayaError("request.conflict", "A second factor belongs to who signs in with a password.");
}
