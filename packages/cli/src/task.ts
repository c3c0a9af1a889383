/** A job of one of the capabilities that act on the host itself: made, attended, and, where it only lists, shown as one table. */
import { randomUUID } from "node:crypto";
import type { Client, components } from "@atalaya/client";
import { attend } from "./attend.ts";
import { confirmCount } from "./confirm.ts";
import { time } from "./option-values.ts";
import { allItems, at } from "./pages.ts";
import { policyOf, type RolloutOptions } from "./rollout-options.ts";
import type { Session } from "./session.ts";
import type { ShowOptions } from "./show.ts";
import { table, type Column } from "./ui/table.ts";
import { printable } from "./ui/terminal.ts";

export interface TaskOptions extends RolloutOptions, ShowOptions {
  readonly deadline?: string;
  readonly confirm?: string;
  readonly note?: string;
  readonly detach?: boolean;
}

export interface TaskWish {
  readonly selector: string;
  readonly capability: string;
  readonly request: object;
  readonly secrets?: ReadonlyMap<string, string>;
}

export interface TaskGround {
  readonly client: Client;
  readonly session: Session;
  readonly json: boolean;
}

type CreatedJob = components["schemas"]["CreatedJob"];

/** Resolves with the status to end with. */
export async function runTask(
  { client, session, json }: TaskGround,
  wish: TaskWish,
  options: TaskOptions,
): Promise<number> {
  const job = await createJob(client, session, wish, options);
  if (options.detach === true) {
    const { id, state, targets, states } = job;
    await session.terminal.out.write(`${json ? JSON.stringify({ type: "job", id, state, targets, states }) : id}\n`);
    return 0;
  }
  return attend(client, session, job, options, json);
}

/** What one host answered. */
export interface Listed<Item> {
  readonly host: string;
  readonly item: Item;
}

/** Without anything that changes: what every host answers, in one table, or one array. */
export async function listTask<Item>(
  { client, session, json }: TaskGround,
  wish: TaskWish,
  options: Pick<TaskOptions, "deadline">,
  {
    itemsOf,
    columns,
  }: { readonly itemsOf: (result: unknown) => readonly Item[]; readonly columns: readonly Column<Listed<Item>>[] },
): Promise<number> {
  const { terminal } = session;
  const job = await createJob(client, session, wish, { ...options, apart: [] });
  const status = await attend(client, session, job, { quiet: true, prefix: true }, false);
  const runs = await allItems((cursor) =>
    client.get("/api/v1/jobs/{job}/runs", { params: { path: { job: job.id }, query: { limit: 1000, ...at(cursor) } } }),
  );
  const rows = runs.flatMap(({ host, result }) =>
    result === undefined ? [] : itemsOf(result).map((item) => ({ host: host.name, item })),
  );
  if (json) {
    await terminal.out.write(
      `${JSON.stringify(
        rows.map(({ host, item }) => ({ host, ...item })),
        undefined,
        2,
      )}\n`,
    );
  } else if (rows.length > 0) {
    const name = {
      title: "HOST",
      cell: ({ host }: Listed<Item>) => printable(host),
      paint: () => terminal.out.paint.bold,
    };
    await terminal.out.write(table(rows, runs.length === 1 ? columns : [name, ...columns], terminal.out.columns));
  } else if (status === 0) await terminal.err.write("There is nothing of this kind.\n");
  for (const { host, state, reason } of runs) {
    if (state === "succeeded") continue;
    await terminal.err.write(
      `${printable(host.name)}: ${state}${reason === undefined || reason === null ? "" : `: ${printable(reason.message)} (${printable(reason.code)})`}\n`,
    );
  }
  return status;
}

/** Makes the job; asks for the number of hosts where the server wants it typed. */
async function createJob(client: Client, session: Session, wish: TaskWish, options: TaskOptions): Promise<CreatedJob> {
  const { selector, capability, request, secrets } = wish;
  const { note } = options;
  const policy = policyOf(options);
  const deadlineMs = time("--deadline", options.deadline);
  const body = {
    selector,
    capability,
    request,
    ...(secrets === undefined || secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    ...(policy === undefined ? {} : { policy }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(note === undefined ? {} : { note }),
  };
  // One key for all attempts: asked twice, it is still one job.
  const header = { "idempotency-key": randomUUID() };
  return confirmCount(session, options.confirm, (confirm) =>
    client.post("/api/v1/jobs", {
      params: { header },
      body: { ...body, ...(confirm === undefined ? {} : { confirm }) },
    }),
  );
}
