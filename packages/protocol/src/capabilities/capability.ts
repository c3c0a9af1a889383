import type { z } from "zod";

/** Something an agent can do. Both ends import the contract, neither imports the other. */
export interface Capability<Request extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** The kind of system it needs; absent: any. */
  readonly needs?: "live" | "os";
  readonly request: Request;
  readonly result: Result;
}

export type RequestOf<C extends Capability> = z.output<C["request"]>;
export type ResultOf<C extends Capability> = z.output<C["result"]>;
