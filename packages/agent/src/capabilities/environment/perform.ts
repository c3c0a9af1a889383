/** The capability `environment`, as its worker does it: the agent keeps the variables, and its instances read them there. */
import { environment, type ResultOf } from "@atalaya/protocol";
import type { Scene } from "../../tasks/task.ts";
import { secretsOf } from "./secrets.ts";
import { variablesOf } from "./variables.ts";

export async function performEnvironment(raw: unknown, scene: Scene): Promise<ResultOf<typeof environment>> {
  const { set, secretEnv = [] } = environment.request.parse(raw);
  const secrets = secretsOf(secretEnv, scene.environment);
  // A question stands in a file for a moment, where secrets do not belong: the file of the variables is written here.
  const variables = variablesOf(scene.data);
  const changed = await variables.change(set, secrets);
  const shown = await variables.shown();
  // Who only looks has them in the result.
  const isSet = Object.keys(set).length + secretEnv.length > 0;
  if (isSet) for (const [name, value] of Object.entries(shown)) scene.say(`${name}=${value ?? "(secret)"}`);
  return { variables: shown, changed };
}
