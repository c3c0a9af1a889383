/** Stays with the job of a deployment that was just made, and says in the end how to take it back. */
import type { Client, components } from "@atalaya/client";
import { watchArrival } from "./arrival.ts";
import { attend } from "./attend.ts";
import { allItems, at } from "./pages.ts";
import type { Session } from "./session.ts";
import type { ShowOptions } from "./show.ts";

type Deployment = components["schemas"]["DeploymentDetail"];

export interface AttendOptions extends ShowOptions {
  readonly detach?: boolean;
}

/** Resolves with the status to end with. */
export async function attendDeployment(
  client: Client,
  session: Session,
  made: Deployment,
  options: AttendOptions,
  json: boolean,
): Promise<number> {
  const { terminal } = session;
  if (options.detach === true) {
    const { id, kind, job } = made;
    await terminal.out.write(`${json ? JSON.stringify({ type: "deployment", id, kind, job: job.id }) : id}\n`);
    return 0;
  }
  const path = { job: made.job.id };
  const job = await client.get("/api/v1/jobs/{job}", { params: { path } });
  const runs = await allItems((cursor) =>
    client.get("/api/v1/jobs/{job}/runs", { params: { path, query: { limit: 1000, ...at(cursor) } } }),
  );
  const bytesPerHost = (made.artifacts ?? []).reduce((sum, { size }) => sum + size, 0);
  using arrival = watchArrival({
    client,
    job: job.id,
    runs,
    bytesPerHost: terminal.live && !json && options.quiet !== true ? bytesPerHost : 0,
  });
  const watched = { ...options, beside: () => arrival.words() };
  const status = await attend(client, session, { ...job, runs }, watched, json);
  if (!json && options.quiet !== true && made.kind === "deploy")
    await terminal.err.write(`${made.id}; to put back what was: atalaya deployment rollback ${made.id}\n`);
  return status;
}
