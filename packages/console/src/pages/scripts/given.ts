/** What somebody fills into the form of a script, and the values it stands for. Pure. */
import type { Parameter } from "../../api/scripts.ts";

export type Value = string | number | boolean | { readonly sha256: string };

/** As typed: texts, also of numbers; whether a box is ticked; the digest of a file that is uploaded. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

export interface Values {
  readonly values: Readonly<Record<string, Value>>;
  readonly secrets: Readonly<Record<string, string>>;
}

export type Mistake = "missing" | "number" | "integer" | "least" | "most" | "long";

/** What the form shows at first: the defaults. */
export function givenAtFirst(parameters: readonly Parameter[]): Given {
  return Object.fromEntries(
    parameters.map((parameter) => {
      const known = "default" in parameter ? parameter.default : undefined;
      if (parameter.type === "boolean") return [parameter.name, known === true];
      return [parameter.name, known === undefined ? "" : String(known)];
    }),
  );
}

/** What is wrong with what was typed for one parameter; the server looks again. */
export function mistakeIn(parameter: Parameter, given: string | boolean | undefined): Mistake | undefined {
  if (parameter.type === "boolean") return undefined;
  const text = typeof given === "string" ? given : "";
  if (text === "") return parameter.required === false || parameter.type === "string" ? undefined : "missing";
  if (parameter.type === "string" && text.length > (parameter.maxLength ?? Infinity)) return "long";
  if (parameter.type !== "number") return undefined;
  const number = numberIn(text);
  if (number === undefined) return "number";
  if (parameter.integer === true && !Number.isInteger(number)) return "integer";
  if (number < (parameter.min ?? -Infinity)) return "least";
  return number > (parameter.max ?? Infinity) ? "most" : undefined;
}

/** What goes to the server; what may be left out and was is left out. */
export function valuesOf(parameters: readonly Parameter[], given: Given): Values {
  const values: Record<string, Value> = {};
  const secrets: Record<string, string> = {};
  for (const parameter of parameters) {
    const { name, type, required = true } = parameter;
    const one = given[name];
    if (type === "boolean") {
      values[name] = one === true;
      continue;
    }
    const text = typeof one === "string" ? one : "";
    // An empty text is a text where one is wanted.
    if (text === "" && !(type === "string" && required)) continue;
    if (type === "secret") secrets[name] = text;
    else if (type === "file") values[name] = { sha256: text };
    else values[name] = type === "number" ? (numberIn(text) ?? text) : text;
  }
  return { values, secrets };
}

function numberIn(text: string): number | undefined {
  const number = Number(text.trim().replace(",", "."));
  return text.trim() === "" || !Number.isFinite(number) ? undefined : number;
}
