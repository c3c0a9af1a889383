import type { z } from "zod";

/** Something an agent can do. Both ends import the contract, neither imports the other. */
export interface Capability<Request extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** The kind of system it needs; absent: any. */
  readonly needs?: "live" | "os";
  readonly request: Request;
  readonly result: Result;
  /** Digests of the blobs a request names: its runs may fetch them. Absent: never any. */
  blobs?(request: z.output<Request>): readonly string[];
  /** Names of the secrets a request names. Their values never stand in it. Absent: never any. */
  secrets?(request: z.output<Request>): readonly string[];
}

export type RequestOf<C extends Capability> = z.output<C["request"]>;
export type ResultOf<C extends Capability> = z.output<C["result"]>;

/** The contract as it is, its functions typed by its own schemas. */
export function capability<const Request extends z.ZodType, const Result extends z.ZodType>(
  contract: Capability<Request, Result>,
): Capability<Request, Result> {
  return contract;
}
