import { ClientError, type Client } from "@atalaya/client";

/** `last`: the newest. Throws `deployment.unknown`. */
export async function deploymentId(client: Client, given: string): Promise<string> {
  if (given !== "last") return given;
  const [newest] = (await client.get("/api/v1/deployments", { params: { query: { limit: 1 } } })).items;
  if (newest !== undefined) return newest.id;
  throw new ClientError({
    code: "deployment.unknown",
    detail: "There is no deployment yet.",
    next: "See: atalaya deploy --help",
  });
}
