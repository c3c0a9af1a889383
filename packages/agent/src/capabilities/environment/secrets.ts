import { AtalayaError } from "@atalaya/protocol";

/** A task's secrets come in its worker's environment. */
export function secretsOf(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = environment[name];
      if (value === undefined)
        throw new AtalayaError("request.malformed", `the value of the secret ${name} did not come with the run`);
      return [name, value];
    }),
  );
}
