import { AtalayaError } from "@atalaya/protocol";
import type { Deeds } from "./deeds.ts";

export interface Routed {
  readonly method: string;
  readonly path: string;
  /** Parsed JSON; undefined: there was none. */
  readonly body: unknown;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
}

export interface Call {
  readonly method: string;
  /** What follows the first part of the path, decoded. */
  readonly rest: readonly string[];
  readonly body: unknown;
  readonly deeds: Deeds;
  /** Asks for the permission first. */
  perform(capability: string, request: unknown): Promise<unknown>;
}

export function notAllowed(method: string): AtalayaError {
  return new AtalayaError("route.method-not-allowed", `this address does not take ${method}`);
}
