/** Jobs by their id, or `last`: the newest that one may see. */
import { ClientError, type Client } from "@atalaya/client";

export async function jobId(client: Client, given: string): Promise<string> {
  if (given === "last") {
    const [newest] = (await client.get("/api/v1/jobs", { params: { query: { limit: 1 } } })).items;
    if (newest !== undefined) return newest.id;
    throw new ClientError({
      code: "job.unknown",
      detail: "There is no job yet.",
      next: "Run one: atalaya run all -- uptime",
    });
  }
  if (given.startsWith("job_")) return given;
  throw new ClientError({
    code: "job.unknown",
    detail: `"${given}" is no job: a job is named by its id, job_…, or as \`last\`.`,
    next: "See: atalaya job ls",
  });
}
