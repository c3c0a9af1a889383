/** A script and what may be given to it. Values travel as environment, never as text of the script. Pure. */
import { AtalayaError, environmentName, Sha256Hex, type exec, type RequestOf } from "@atalaya/protocol";
import { z } from "zod";

const common = {
  name: environmentName.describe("The variable that the script finds it in."),
  label: z.string().max(200).optional().describe("What forms call it."),
  description: z.string().max(2_000).optional(),
  required: z.boolean().default(true),
};
const text = z
  .string()
  .max(131_072)
  .regex(/^[^\0]*$/, "must not contain NUL");

export const Parameter = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("string"),
    ...common,
    default: text.optional(),
    maxLength: z.int().min(1).max(131_072).optional(),
    multiline: z.boolean().optional().describe("Whether forms give it several lines."),
  }),
  z.strictObject({
    type: z.literal("number"),
    ...common,
    default: z.number().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    integer: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal("boolean"), ...common, default: z.boolean().optional() }),
  z.strictObject({
    type: z.literal("choice"),
    ...common,
    choices: z.array(text).min(1).max(1_000),
    default: text.optional(),
  }),
  /** A blob, at standard input; the variable says where: `/dev/stdin`. */
  z.strictObject({ type: z.literal("file"), ...common }),
  /** Kept sealed until the job has ended, shown to nobody. */
  z.strictObject({ type: z.literal("secret"), ...common }),
]);
export type Parameter = z.output<typeof Parameter>;

export const ScriptWish = z
  .strictObject({
    description: z.string().max(2_000).optional(),
    text: text.min(1),
    interpreter: z.enum(["sh", "bash", "python3"]).default("sh"),
    parameters: z
      .array(Parameter)
      .max(64)
      .default([])
      .superRefine((parameters, context) => {
        const say = (message: string): void => context.addIssue({ code: "custom", message });
        const names = parameters.map(({ name }) => name);
        if (new Set(names).size < names.length) say("has a name twice");
        if (parameters.filter(({ type }) => type === "file").length > 1)
          say("has more than one file: standard input is one");
        for (const parameter of parameters) {
          const wrong =
            "default" in parameter && parameter.default !== undefined && problemOf(parameter, parameter.default);
          if (wrong) say(`${parameter.name}: its default ${wrong}`);
        }
      }),
  })
  .meta({ id: "ScriptWish" });
export type ScriptWish = z.output<typeof ScriptWish>;

export const Value = z.union([text, z.number(), z.boolean(), z.strictObject({ sha256: Sha256Hex })]);
export type Value = z.output<typeof Value>;

/** Why a value is none for this parameter; undefined when it is one. */
export function problemOf(parameter: Parameter, value: Value): string | undefined {
  switch (parameter.type) {
    case "string":
      if (typeof value !== "string") return "is not a text";
      return value.length > (parameter.maxLength ?? Infinity) ? `is longer than ${parameter.maxLength}` : undefined;
    case "number":
      if (typeof value !== "number") return "is not a number";
      if (parameter.integer === true && !Number.isInteger(value)) return "is not a whole number";
      if (value < (parameter.min ?? -Infinity)) return `is less than ${parameter.min}`;
      return value > (parameter.max ?? Infinity) ? `is more than ${parameter.max}` : undefined;
    case "boolean":
      return typeof value === "boolean" ? undefined : "is neither true nor false";
    case "choice":
      return typeof value === "string" && parameter.choices.includes(value)
        ? undefined
        : `is none of its choices: ${listed(parameter.choices)}`;
    case "file":
      return typeof value === "object" ? undefined : "is not a file";
    case "secret":
      return "is a secret: it goes into secrets";
  }
}

const NAMED = 20;

function listed(choices: readonly string[]): string {
  const named = choices.slice(0, NAMED).map((choice) => JSON.stringify(choice));
  const more = choices.length - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export interface Given {
  readonly values: Readonly<Record<string, Value>>;
  readonly secrets: Readonly<Record<string, string>>;
}

type ExecRequest = RequestOf<typeof exec>;

/** The environment and input that stand for the values. Throws `request.malformed` with every wrong one. */
export function inputOf(
  parameters: readonly Parameter[],
  given: Given,
): Pick<ExecRequest, "env" | "secretEnv" | "stdin"> {
  const env: Record<string, string> = {};
  const secretEnv: string[] = [];
  let stdin: ExecRequest["stdin"];
  const wrong: { readonly in: string; readonly path: string; readonly message: string }[] = [];
  const say = (path: string, message: string): void => void wrong.push({ in: "body", path, message });
  for (const parameter of parameters) {
    const { name, required } = parameter;
    if (parameter.type === "secret") {
      if (Object.hasOwn(given.secrets, name)) secretEnv.push(name);
      else if (required) say(`secrets.${name}`, "is missing");
      continue;
    }
    const value = Object.hasOwn(given.values, name)
      ? given.values[name]
      : "default" in parameter
        ? parameter.default
        : undefined;
    if (value === undefined) {
      if (required) say(`values.${name}`, "is missing");
      continue;
    }
    const problem = problemOf(parameter, value);
    if (problem !== undefined) say(`values.${name}`, problem);
    else if (typeof value === "object") {
      stdin = { kind: "blob", sha256: value.sha256 };
      env[name] = "/dev/stdin";
    } else env[name] = String(value);
  }
  const known = new Set(parameters.map(({ name }) => name));
  for (const name of Object.keys(given.values))
    if (!known.has(name)) say(`values.${name}`, "is no parameter of the script");
  for (const name of Object.keys(given.secrets))
    if (!known.has(name)) say(`secrets.${name}`, "is no parameter of the script");
  if (wrong.length > 0) {
    const first = wrong[0]!;
    throw new AtalayaError("request.malformed", `${first.path} ${first.message}.`, { details: { issues: wrong } });
  }
  return { env, ...(secretEnv.length === 0 ? {} : { secretEnv }), ...(stdin === undefined ? {} : { stdin }) };
}

/** The script is one argument; what people give is not part of it. */
export function commandOf({
  interpreter,
  text: script,
}: Pick<ScriptWish, "interpreter" | "text">): ExecRequest["command"] {
  if (interpreter === "sh") return { kind: "shell", script };
  return { kind: "program", program: interpreter, args: ["-c", script] };
}
