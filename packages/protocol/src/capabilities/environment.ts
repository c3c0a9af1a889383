import { z } from "zod";
import { capability } from "./capability.ts";
import { environmentName, text } from "./command.ts";

/** Variables of the host for commands, instances and what comes after a personality; they lose against a request's own. */
export const environment = capability({
  name: "environment",
  request: z.strictObject({
    /** `null` removes one. Empty: nothing changes, they are listed. */
    set: z.record(environmentName, text(131_072).nullable()).default({}),
    /** Names of secrets that are kept as variables of these names, and never shown again. */
    secretEnv: z.array(environmentName).max(64).optional(),
  }),
  result: z.strictObject({
    /** `null`: a secret. */
    variables: z.record(environmentName, z.string().nullable()),
    changed: z.boolean(),
  }),
  secrets: ({ secretEnv = [] }) => secretEnv,
});
