/**
 * MarcoPolo's datagrams: one JSON object each, UTF-8, any white space, no version and no sender to trust. Facts of the
 * wire: docs/reference of the ancestor, sections 12.2 and 16. Who asks is *Marco*, who answers is *Polo*.
 */
import { serviceList, scalarsOf, type PublishedService, type Scalars } from "./services.ts";

export const MARCO_PORT = 1337;
/** Both grids; questions go to the first unless somebody says otherwise. */
export const MARCO_GROUPS = ["224.0.0.112", "224.0.0.113"] as const;
/** What receivers of the original read at most. */
export const MAX_MARCO_BYTES = 4096;

export type Question =
  | { readonly kind: "marco" }
  | { readonly kind: "request-for"; readonly service: string }
  | { readonly kind: "services" };

export type Answer =
  | { readonly kind: "polo"; readonly params: Scalars }
  /** To Request-For; the parameters of the service. */
  | { readonly kind: "ok"; readonly params: Scalars }
  | { readonly kind: "services"; readonly services: readonly PublishedService[] };

/** Undefined for whatever is no question: nobody is told so, for the original says nothing either. */
export function parseQuestion(datagram: Uint8Array): Question | undefined {
  const message = parseObject(datagram);
  switch (message?.["Command"]) {
    case "Marco":
    case "Discover":
      return { kind: "marco" };
    case "Request-For":
    case "Request-for": {
      const service = message["Params"];
      return typeof service === "string" && service !== "" && service.length <= MAX_SERVICE_QUESTION
        ? { kind: "request-for", service }
        : undefined;
    }
    case "Services":
      return { kind: "services" };
    default:
      return undefined;
  }
}

const MAX_SERVICE_QUESTION = 512;

/** Undefined for whatever is no answer. `Params` that are no flat object, as the shipped configuration sends, count as none. */
export function parseAnswer(datagram: Uint8Array): Answer | undefined {
  const message = parseObject(datagram);
  if (message?.["Command"] === "Polo") return { kind: "polo", params: scalarsOf(message["Params"]) };
  if (message?.["Command"] !== "OK") return undefined;
  const list = message["Services"] ?? message["Params"];
  if (Array.isArray(list)) return { kind: "services", services: serviceList(list) };
  return { kind: "ok", params: scalarsOf(message["Params"]) };
}

/** Spaced as the original's askers write it. */
export function writeQuestion(question: Question): string {
  switch (question.kind) {
    case "marco":
      return `{"Command": "Marco"}`;
    case "request-for":
      return spaced({ Command: "Request-For", Params: question.service });
    case "services":
      return `{"Command": "Services"}`;
  }
}

/** Polo is compact, OK is spaced, as the original writes them. */
export function writeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case "polo":
      return JSON.stringify({ Command: "Polo", Params: answer.params });
    case "ok":
      return spaced({ Command: "OK", Params: answer.params });
    case "services":
      return spaced({ Command: "OK", Services: answer.services.map(({ id, params }) => ({ id, params })) });
  }
}

/** JSON with a blank after each colon and comma, as Python's `json.dumps` writes it. */
export function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${spaced(member)}`);
  return `{${members.join(", ")}}`;
}

function parseObject(datagram: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (datagram.byteLength > MAX_MARCO_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(datagram));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
