/** A script while it is being written: what its fields hold, as text. Pure. */
import type { Schemas } from "../../api/client.ts";
import type { Parameter, Script } from "../../api/scripts.ts";

export type ScriptWish = Schemas["ScriptWish"];

export interface ParameterDraft {
  /** Its own, so that rows keep theirs when one is taken away. */
  readonly id: number;
  readonly type: Parameter["type"];
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly required: boolean;
  /** As typed; `true` of a boolean. */
  readonly default: string;
  readonly choices: string;
  readonly min: string;
  readonly max: string;
  readonly maxLength: string;
  readonly integer: boolean;
  readonly multiline: boolean;
}

export interface Draft {
  readonly description: string;
  readonly text: string;
  readonly interpreter: Script["interpreter"];
  readonly parameters: readonly ParameterDraft[];
}

export const emptyDraft: Draft = { description: "", text: "", interpreter: "sh", parameters: [] };

export function emptyParameter(id: number): ParameterDraft {
  return {
    ...{ id, type: "string", name: "", label: "", description: "", required: true },
    ...{ default: "", choices: "", min: "", max: "", maxLength: "", integer: false, multiline: false },
  };
}

/** The fields of a script that is there. */
export function draftOf(script: Script): Draft {
  const { description = "", text, interpreter, parameters } = script;
  return { description, text, interpreter, parameters: parameters.map(parameterDraftOf) };
}

function parameterDraftOf(parameter: Parameter, id: number): ParameterDraft {
  const { type, name, label = "", description = "", required = true } = parameter;
  const known = "default" in parameter ? parameter.default : undefined;
  return {
    ...emptyParameter(id),
    ...{ type, name, label, description, required },
    default: known === undefined ? "" : String(known),
    ...(parameter.type === "choice" ? { choices: parameter.choices.join("\n") } : {}),
    ...(parameter.type === "number"
      ? { min: textOf(parameter.min), max: textOf(parameter.max), integer: parameter.integer === true }
      : {}),
    ...(parameter.type === "string"
      ? { multiline: parameter.multiline === true, maxLength: textOf(parameter.maxLength) }
      : {}),
  };
}

/** What a draft says. What is not a number is sent as it is: the server says what is wrong with it. */
export function wishOf({ description, text, interpreter, parameters }: Draft): ScriptWish {
  return {
    text: text.replaceAll("\r\n", "\n"),
    interpreter,
    parameters: parameters.map(parameterOf),
    ...(description.trim() === "" ? {} : { description: description.trim() }),
  };
}

function parameterOf(draft: ParameterDraft): Parameter {
  const common = {
    name: draft.name.trim(),
    required: draft.required,
    ...(draft.label.trim() === "" ? {} : { label: draft.label.trim() }),
    ...(draft.description.trim() === "" ? {} : { description: draft.description.trim() }),
  };
  const text = draft.default === "" ? {} : { default: draft.default };
  switch (draft.type) {
    case "string":
      return {
        type: "string",
        ...common,
        ...text,
        ...number("maxLength", draft.maxLength),
        ...(draft.multiline ? { multiline: true } : {}),
      };
    case "number":
      return {
        type: "number",
        ...common,
        ...number("default", draft.default),
        ...number("min", draft.min),
        ...number("max", draft.max),
        ...(draft.integer ? { integer: true } : {}),
      };
    case "boolean":
      return { type: "boolean", ...common, ...(draft.default === "true" ? { default: true } : {}) };
    case "choice":
      return { type: "choice", ...common, choices: choicesIn(draft.choices), ...text };
    case "file":
    case "secret":
      return { type: draft.type, ...common };
  }
}

/** One a line. */
export function choicesIn(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))];
}

/** As the variables of an environment are called. */
export function isVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name.trim());
}

function textOf(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function number<K extends string>(key: K, text: string): { readonly [P in K]?: number } {
  return text.trim() === "" ? {} : ({ [key]: Number(text.trim().replace(",", ".")) } as { readonly [P in K]: number });
}
