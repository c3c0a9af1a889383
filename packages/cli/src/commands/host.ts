/** `atalaya host NAME` and what may be done with one host. */
import type { Command } from "commander";
import { ClientError, type Client, type components } from "@atalaya/client";
import { UsageError } from "../session.ts";
import { allItems, at } from "../pages.ts";
import { colourOf } from "../ui/progress.ts";
import { sheet } from "../ui/table.ts";
import { printable, type Terminal } from "../ui/terminal.ts";
import { ago } from "../ui/time.ts";
import { labelText } from "./hosts.ts";
import { examples, type Context } from "./command.ts";

type HostDetail = components["schemas"]["HostDetail"];

export function register(program: Command, context: Context): void {
  const host = program
    .command("host")
    .summary("show a host, or change it")
    .description(
      "Shows all that is known of a host; with a verb: lets it in, sends it away, renames, labels, places, merges it.",
    )
    .addHelpText(
      "after",
      examples(
        "atalaya host pc-01",
        "atalaya host accept pc-07",
        "atalaya host label pc-01 frozen team=web old-",
        "atalaya host place pc-01 centro-a/aula-1",
        "atalaya host merge pc-01-2 pc-01",
      ),
    );

  const show = host.command("show <host>", { isDefault: true }).summary("all that is known of it (the default)");
  show
    .option("--history", "what happened to it")
    .action(async (name: string, options: { readonly history?: boolean }) => {
      const { session } = context;
      const global = context.global(show);
      const client = session.client(global);
      const path = { host: name };
      if (options.history === true) return history(client, session.terminal, name, global.json === true, session.now());
      const detail = await client.get("/api/v1/hosts/{host}", { params: { path } });
      if (global.json === true) return session.terminal.out.write(`${JSON.stringify(detail, null, 2)}\n`);
      await session.terminal.out.write(describe(detail, session.terminal, session.now()));
    });

  for (const [verb, summary] of [
    ["accept", "let in an enrolment that waits (its id, or the name it gave)"],
    ["reject", "send away an enrolment that waits"],
    ["revoke", "take back an enrolment: its link ends at once"],
  ] as const) {
    const command = host.command(`${verb} <enrolment-or-host>`).summary(summary);
    command.action(async (name: string) => {
      const { session } = context;
      const client = session.client(context.global(command));
      for (const id of await enrolmentsOf(client, name, verb === "revoke" ? "accepted" : "pending")) {
        await client.post(`/api/v1/enrolments/{id}/${verb}`, { params: { path: { id } } });
        await session.terminal.err.write(`${id}: ${verb}ed\n`.replace("revokeed", "revoked"));
      }
    });
  }

  const pending = host.command("pending").summary("enrolments that wait for a person");
  pending.action(async () => {
    const { session } = context;
    const global = context.global(pending);
    const client = session.client(global);
    const waiting = await allItems((cursor) =>
      client.get("/api/v1/enrolments", { params: { query: { state: "pending", limit: 500, ...at(cursor) } } }),
    );
    if (global.json === true) return session.terminal.out.write(`${JSON.stringify(waiting, null, 2)}\n`);
    if (waiting.length === 0) return session.terminal.err.write("Nobody waits.\n");
    for (const one of waiting)
      await session.terminal.out.write(
        `${one.id}  ${printable(one.hostname)}  from ${printable(one.address)}  key ${one.publicKey}\n`,
      );
  });

  change("rename <host> <name>", "give it another name", (_host, [name]) => ({ name: name! }));
  change("label <host> <labels...>", "set labels (key or key=value), unset them (key-)", (_host, labels) => ({
    labels: Object.fromEntries(labels.map(labelOf)),
  }));
  change("place <host> [place]", "where it stands: site/lab; without a place: nowhere", (_host, [place]) => ({
    place: place ?? null,
  }));

  function change(
    usage: string,
    summary: string,
    body: (host: string, rest: readonly string[]) => components["schemas"]["HostChange"],
  ): void {
    const command = host.command(usage).summary(summary);
    command.action(async (name: string, second: string | readonly string[] | undefined) => {
      const rest = typeof second === "string" ? [second] : (second ?? []);
      const { session } = context;
      const global = context.global(command);
      const changed = await session
        .client(global)
        .patch("/api/v1/hosts/{host}", { params: { path: { host: name } }, body: body(name, rest) });
      if (global.json === true) return session.terminal.out.write(`${JSON.stringify(changed, null, 2)}\n`);
      await session.terminal.err.write(
        `${printable(changed.name)}  place ${printable(changed.place ?? "-")}  labels ${printable(labelText(changed.labels))}\n`,
      );
    });
  }

  const merge = host
    .command("merge <host> <into>")
    .summary("they are one machine: the first becomes part of the second");
  merge.action(async (name: string, into: string) => {
    const { session } = context;
    const merged = await session
      .client(context.global(merge))
      .post("/api/v1/hosts/{host}/merge", { params: { path: { host: name } }, body: { into } });
    await session.terminal.err.write(`${printable(name)} is now part of ${printable(merged.name)}\n`);
  });

  const release = host.command("release <host>").summary("take it out of quarantine");
  release.action(async (name: string) => {
    const { session } = context;
    await session
      .client(context.global(release))
      .post("/api/v1/hosts/{host}/release", { params: { path: { host: name } } });
    await session.terminal.err.write(`${printable(name)} may connect again\n`);
  });

  const forget = host.command("forget <host>").summary("remove a host that is offline, with its history");
  forget.action(async (name: string) => {
    const { session } = context;
    await session.client(context.global(forget)).delete("/api/v1/hosts/{host}", { params: { path: { host: name } } });
    await session.terminal.err.write(`${printable(name)} is forgotten\n`);
  });
}

function labelOf(text: string): readonly [string, string | null] {
  if (text.endsWith("-") && !text.includes("=")) return [text.slice(0, -1), null];
  const at = text.indexOf("=");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Ids of enrolments by id, by the name the machine gave itself, or by host. */
async function enrolmentsOf(client: Client, name: string, state: "pending" | "accepted"): Promise<readonly string[]> {
  if (name.startsWith("enr_")) return [name];
  const all = await allItems((cursor) =>
    client.get("/api/v1/enrolments", { params: { query: { state, limit: 500, ...at(cursor) } } }),
  );
  const found = all.filter(
    (one) => one.host?.name === name || one.host?.id === name || (state === "pending" && one.hostname === name),
  );
  if (found.length === 0)
    throw new ClientError({
      code: "enrolment.unknown",
      detail: `No ${state} enrolment is called ${name}.`,
      next: state === "pending" ? "See: atalaya host pending" : "See: atalaya hosts",
    });
  if (state === "pending" && found.length > 1)
    throw new UsageError(
      `${found.length} machines call themselves ${name}: name one by its id (${found.map(({ id }) => id).join(", ")})`,
    );
  return found.map(({ id }) => id);
}

function describe(host: HostDetail, { paint }: Terminal, now: number): string {
  const { facts } = host;
  const head = `${paint.bold(printable(host.name))}  ${colourOf(host.state, paint)(host.state)}${host.offlineReason === undefined ? "" : ` (${host.offlineReason})`}\n`;
  const rows = sheet(
    (
      [
        ["id", host.id],
        ["place", host.place ?? undefined],
        ["labels", Object.keys(host.labels).length === 0 ? undefined : labelText(host.labels)],
        ["seen", host.state === "online" ? "now" : ago(host.lastSeenAt, now)],
        ["addresses", host.addresses.join(", ")],
        ["agent", host.agentVersion],
        ["os", facts.os?.name ?? [facts.os?.id, facts.os?.version].filter(Boolean).join(" ")],
        [
          "kernel",
          facts.kernel === undefined ? undefined : `${facts.kernel.name} ${facts.kernel.release} ${facts.kernel.arch}`,
        ],
        ["cpu", facts.cpu === undefined ? undefined : `${facts.cpu.cores} × ${facts.cpu.model ?? "unknown"}`],
        ["memory", facts.memory === undefined ? undefined : gib(facts.memory.totalBytes)],
        ["virtual", facts.virtualization],
        ["product", [facts.vendor, facts.product].filter(Boolean).join(" ")],
        ["serial", facts.serial],
        ["uuid", facts.uuid],
        ["capabilities", host.capabilities.join(", ")],
      ] as const
    ).map(([key, value]) => [key, value === undefined ? undefined : printable(value)] as const),
  );
  const disks = (facts.disks ?? []).map(
    ({ name, sizeBytes, model }) => `disk     ${printable(name)}  ${gib(sizeBytes)}  ${printable(model ?? "")}\n`,
  );
  const cards = (facts.networks ?? []).map(
    ({ name, mac, addresses }) =>
      `network  ${printable(name)}  ${printable(mac ?? "-")}  ${printable(addresses.join(" "))}\n`,
  );
  const systems = host.systems.map(({ kind, name, state }) => `system   ${kind}:${printable(name)}  ${state}\n`);
  const proposals = host.proposals.map(({ name, reason }) =>
    paint.yellow(
      `may be the same machine as ${printable(name)} (${printable(reason)}): atalaya host merge ${printable(host.name)} ${printable(name)}\n`,
    ),
  );
  return head + rows + [...disks, ...cards, ...systems, ...proposals].join("");
}

function gib(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

async function history(client: Client, terminal: Terminal, name: string, json: boolean, now: number): Promise<void> {
  const items = await allItems(
    (cursor) =>
      client.get("/api/v1/hosts/{host}/history", {
        params: { path: { host: name }, query: { limit: 200, ...at(cursor) } },
      }),
    200,
  );
  if (json) return terminal.out.write(`${JSON.stringify(items, null, 2)}\n`);
  for (const { at: when, event, reason, address, actor } of items) {
    const more = [reason, address, actor].filter((text) => text !== undefined).map(printable);
    await terminal.out.write(
      `${new Date(when).toISOString()}  ${ago(when, now).padStart(9)}  ${event}${more.length === 0 ? "" : `  ${more.join("  ")}`}\n`,
    );
  }
}
