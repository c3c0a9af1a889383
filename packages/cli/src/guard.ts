/** Why runs wait though nothing of their own job holds them: the server lets only so many hosts go at once. */
import type { Client, components } from "@atalaya/client";
import { printable } from "./ui/terminal.ts";

type Guard = components["schemas"]["ServerInfo"]["guard"];

/** `never more than 20% of a lab, never two with role=db`; undefined: there is no guard, or it is not ours to see. */
export async function guardOf(client: Client): Promise<string | undefined> {
  const server = await client.get("/api/v1/server").catch(() => undefined);
  return server === undefined ? undefined : guardText(server.guard);
}

export function guardText({ labShare, apart = [], maxConcurrent }: Guard): string | undefined {
  const rules = [
    ...(labShare === undefined ? [] : [`never more than ${labShare} of a lab`]),
    ...apart.map((label) => `never two with ${label}`),
    ...(maxConcurrent === undefined ? [] : [`never more than ${maxConcurrent} in all`]),
  ];
  return rules.length === 0 ? undefined : printable(rules.join(", "));
}
