/** Services as nodes publish them: an identifier and a flat object of scalars (ancestor's reference, 12.1 and 12.5). */
import { z } from "zod";

export type Scalars = Readonly<Record<string, string | number | boolean | null>>;

export interface PublishedService {
  readonly id: string;
  readonly params: Scalars;
}

const MAX_PARAMS = 64;
const MAX_TEXT = 1024;
const MAX_SERVICES = 256;
/** The documentation says 30 characters and nothing enforces it; longer ones are out there. */
const MAX_ID = 128;

/** `user:service`: published by an account, not by the machine. */
const USER_SERVICE = /^(\w+):(\w+)$/;

/** The account and the identifier in `user:service`; undefined when it is a service of the machine. */
export function userService(name: string): { readonly user: string; readonly id: string } | undefined {
  const match = USER_SERVICE.exec(name);
  return match === null ? undefined : { user: match[1]!, id: match[2]! };
}

/** What an identifier may be: text within limits, no control characters. */
export const serviceName = z
  .string()
  .min(1)
  .max(MAX_ID)
  .regex(/^[^\p{Cc}]+$/u, "must not contain control characters");
const scalar = z.union([z.string().max(MAX_TEXT), z.number(), z.boolean(), z.null()]);
const scalars = z.record(z.string().max(MAX_ID), scalar).refine((all) => Object.keys(all).length <= MAX_PARAMS, {
  message: `has more than ${MAX_PARAMS} members`,
});

/** A service file (12.5). Members that were never built are let through unread. */
export const ServiceFile = z.object({
  id: serviceName.refine((id) => !id.includes(":"), { message: "must not look like user:name" }),
  params: scalars.default({}),
  /** Addresses of grids; empty: all. */
  groups: z.array(z.ipv4()).max(16).default([]),
  disabled: z.boolean().default(false),
});
export type ServiceFile = z.output<typeof ServiceFile>;

/** Whatever is no flat object of scalars within limits is an empty one: what a stranger sends is shown, not obeyed. */
export function scalarsOf(value: unknown): Scalars {
  const parsed = scalars.safeParse(value);
  return parsed.success ? parsed.data : {};
}

export function serviceList(values: readonly unknown[]): readonly PublishedService[] {
  return values.slice(0, MAX_SERVICES).flatMap((value) => {
    const parsed = z.object({ id: serviceName, params: z.unknown() }).safeParse(value);
    return parsed.success ? [{ id: parsed.data.id, params: scalarsOf(parsed.data.params) }] : [];
  });
}
