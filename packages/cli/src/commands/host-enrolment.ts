/** `atalaya host pending|accept|reject|revoke`: who is let in. */
import type { Command } from "commander";
import { ClientError, type Client, type components } from "@atalaya/client";
import { allItems, at } from "../pages.ts";
import { typed } from "../confirm.ts";
import { UsageError, type Session } from "../session.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { ago } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";

type Enrolment = components["schemas"]["Enrolment"];

const VERBS = {
  accept: { past: "accepted", summary: "let in an enrolment that waits (its id, or the name it gave)" },
  reject: { past: "rejected", summary: "send away an enrolment that waits" },
  revoke: { past: "revoked", summary: "take back a host's enrolments: its link ends at once" },
} as const;

export function registerEnrolmentVerbs(host: Command, context: Context): void {
  const pending = host
    .command("pending")
    .summary("enrolments that wait for a person")
    .description("Lists machines that asked to join without a token. Compare the key with what the machine shows.")
    .addHelpText("after", examples("atalaya host pending", "atalaya host accept pc-07"));
  pending.action(async () => {
    const { session } = context;
    const global = context.global(pending);
    const waiting = await enrolments(session.client(global), "pending");
    if (global.json === true) return printJson(session, waiting);
    const { out, err } = session.terminal;
    if (waiting.length === 0) return err.write("Nobody waits.\n");
    const columns = [
      { title: "ID", cell: ({ id }: Enrolment) => id, whole: true },
      { title: "NAME", cell: ({ hostname }: Enrolment) => printable(hostname) },
      { title: "FROM", cell: ({ address }: Enrolment) => printable(address) },
      { title: "WOULD BE", cell: foresight },
      { title: "ASKED", cell: ({ createdAt }: Enrolment) => ago(createdAt, session.now()) },
      { title: "KEY", cell: ({ publicKey }: Enrolment) => publicKey },
    ];
    await out.write(table(waiting, columns, out.columns));
  });

  for (const verb of ["accept", "reject", "revoke"] as const) {
    const { past, summary } = VERBS[verb];
    const command = host
      .command(`${verb} <enrolment-or-host>`)
      .summary(summary)
      .description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`)
      .addHelpText("after", examples(`atalaya host ${verb} pc-07`, `atalaya host ${verb} enr_DQaZQ-C103m9XRMcryivog`));
    if (verb === "accept")
      command.option("--joins <host>", "the known host whose hardware it shows, as `pending` tells");
    command.action(async (name: string, options: { readonly joins?: string }) => {
      const { session } = context;
      const global = context.global(command);
      const client = session.client(global);
      const answers: Enrolment[] = [];
      for (const id of await named(client, name, verb === "revoke" ? "accepted" : "pending")) {
        if (verb === "accept") await confirmJoin(client, session, id, options.joins);
        const answer = await client.post(`/api/v1/enrolments/{id}/${verb}`, { params: { path: { id } } });
        answers.push(answer);
        if (global.json === true) continue;
        const who = answer.host?.name ?? answer.hostname;
        await session.terminal.err.write(`${id} (${printable(who)}): ${past}\n`);
      }
      if (global.json === true) await printJson(session, answers);
    });
  }
}

/** What would become of it, shortly. */
function foresight({ foreseen }: Enrolment): string {
  const host = foreseen?.host === undefined ? undefined : printable(foreseen.host.name);
  switch (foreseen?.verdict) {
    case "known-host":
      return foreseen.replaces === undefined ? `${host}` : `${host}, in place of its agent`;
    case "another-system":
      return `another system of ${host}`;
    case "merge-proposed":
      return `a new host, perhaps ${host}`;
    default:
      return "a new host";
  }
}

/**
 * Whoever shows a known host's hardware gets its name, labels and place, and hardware is only its word: that is said, and
 * must be meant.
 */
async function confirmJoin(client: Client, session: Session, id: string, joins: string | undefined): Promise<void> {
  const waiting = [...(await enrolments(client, "pending")), ...(await enrolments(client, "rejected"))];
  const found = waiting.find((one) => one.id === id);
  const host = found?.foreseen?.host;
  const isJoin = found?.foreseen?.verdict === "known-host" || found?.foreseen?.verdict === "another-system";
  if (found === undefined || host === undefined || !isJoin) {
    if (joins === undefined || found === undefined) return;
    throw new UsageError(`${id} would be ${foresight(found)}, and not ${printable(joins)}: nothing was done`);
  }
  const name = printable(host.name);
  const consequence = `By its hardware it is ${name}: it would be ${foresight(found)}, with ${name}'s labels and place.`;
  if (joins === host.name || joins === host.id) return;
  if (joins !== undefined) throw new UsageError(`${consequence} Not ${printable(joins)}: nothing was done`);
  await session.terminal.err.write(`${consequence}\n`);
  if (await typed(session, `Compare the key with what the machine shows. Type ${name} to let it in: `, host.name))
    return;
  throw new UsageError(`not confirmed: nothing was done. If you mean it: --joins ${name}`);
}

function enrolments(client: Client, state: Enrolment["state"]): Promise<readonly Enrolment[]> {
  return allItems((cursor) =>
    client.get("/api/v1/enrolments", { params: { query: { state, limit: 500, ...at(cursor) } } }),
  );
}

/** Ids of enrolments by id, by the name the machine gave itself, or by host. */
async function named(client: Client, name: string, state: "pending" | "accepted"): Promise<readonly string[]> {
  if (name.startsWith("enr_")) return [name];
  const found = (await enrolments(client, state)).filter(
    ({ host, hostname }) => host?.name === name || host?.id === name || (state === "pending" && hostname === name),
  );
  if (found.length === 0) {
    const next = state === "pending" ? "See: atalaya host pending" : "See: atalaya hosts";
    throw new ClientError({ code: "enrolment.unknown", detail: `There is no ${state} enrolment of ${name}.`, next });
  }
  if (state === "pending" && found.length > 1) {
    const ids = found.map(({ id }) => id).join(", ");
    throw new UsageError(`${found.length} machines call themselves ${name}: name one by its id (${ids})`);
  }
  return found.map(({ id }) => id);
}
