import type { z } from "zod";

/** Something an agent can do. Both ends import the contract, neither imports the other. */
export interface Capability<Request extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** The kind of system it needs; absent: any. */
  readonly needs?: "live" | "os";
  readonly request: Request;
  readonly result: Result;
  /** As whom it is done. Absent: as the agent, which not everybody may ask for. */
  readonly runner?: RunnerPart<Request>;
  /** Digests of the blobs a request names: its runs may fetch them. Absent: never any. */
  blobs?(request: z.output<Request>): readonly string[];
  /** Names of the secrets a request names. Their values never stand in it. Absent: never any. */
  secrets?(request: z.output<Request>): readonly string[];
}

/** Where a request says as whom it is done, so that the server can say it for people, who do not choose. */
export interface RunnerPart<Request extends z.ZodType> {
  asked(request: z.output<Request>): string | undefined;
  /** The same request, as this account; `mapped`: a person's own, which the agent holds to its rules for people. */
  given(request: z.output<Request>, account: string, mapped: boolean): z.output<Request>;
}

export type RequestOf<C extends Capability> = z.output<C["request"]>;
export type ResultOf<C extends Capability> = z.output<C["result"]>;

/** The contract as it is, its functions typed by its own schemas. */
export function capability<const Request extends z.ZodType, const Result extends z.ZodType>(
  contract: Capability<Request, Result>,
): Capability<Request, Result> {
  return contract;
}
