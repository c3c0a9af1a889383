import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageFrom, type Page, type PageQuery } from "../../api/page.ts";
import { Name, Note, Timestamp } from "../../api/schemas.ts";
import type { Clock } from "../../platform/clock.ts";
import { Policy, seesAll, SecretValues, type CreatedJobView, type Jobs } from "../jobs/index.ts";
import { commandOf, inputOf, Parameter, ScriptWish, Value } from "./script.ts";
import type { ScriptRow, ScriptStore } from "./scripts.store.ts";

export const ScriptView = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    text: z.string(),
    interpreter: z.enum(["sh", "bash", "python3"]),
    parameters: z.array(Parameter),
    createdBy: z.string(),
    changedBy: z.string(),
    changedAt: Timestamp,
  })
  .meta({ id: "Script", description: "A script of the library, with its typed parameters." });
export type ScriptView = z.output<typeof ScriptView>;

export const RunScript = z
  .strictObject({
    selector: z.string().max(16_384),
    values: z.record(z.string().max(256), Value).default({}),
    secrets: SecretValues.optional(),
    account: z.string().max(256).optional(),
    cwd: z.string().max(4096).optional(),
    timeLimitMs: z.int().min(1).max(31_536_000_000).optional(),
    policy: Policy.optional(),
    deadlineMs: z.int().min(1).max(31_536_000_000).optional(),
    confirm: z.int().min(0).optional(),
    note: Note.optional(),
  })
  .meta({ id: "RunScript", description: "A script with values for its parameters, on a set of hosts." });
export type RunScript = z.output<typeof RunScript>;

export interface Scripts {
  list(page: PageQuery): Promise<Page<ScriptView>>;
  /** Throws `script.unknown`. */
  get(name: string): Promise<ScriptView>;
  /** What others made is changed only by who sees everybody's jobs. */
  put(name: string, wish: ScriptWish, actor: Actor): Promise<ScriptView>;
  remove(name: string, actor: Actor): Promise<void>;
  run(name: string, wish: RunScript, actor: Actor, idempotencyKey?: string): Promise<CreatedJobView>;
}

export interface ScriptsNeeds {
  readonly store: ScriptStore;
  readonly jobs: Pick<Jobs, "create">;
  readonly clock: Clock;
}

export function createScripts({ store, jobs, clock }: ScriptsNeeds): Scripts {
  async function find(name: string): Promise<ScriptRow> {
    const row = await store.get(name);
    if (row === undefined) throw new AtalayaError("script.unknown", `There is no script ${name}.`);
    return row;
  }
  function checkMay(row: ScriptRow | undefined, actor: Actor): void {
    if (row === undefined || row.created_by === actor.name || seesAll(actor)) return;
    throw new AtalayaError("identity.forbidden", `The script ${row.name} was made by ${row.created_by}.`, {
      next: "Save yours under another name.",
    });
  }
  return {
    async list({ limit, cursor }) {
      const after = cursor === undefined ? "" : decodeCursor(Name, cursor);
      const rows = await store.list(after, limit + 1);
      return pageFrom(rows, { limit, item: scriptView, keys: ({ name }) => name });
    },
    get: async (name) => scriptView(await find(name)),
    async put(name, wish, actor) {
      const before = await store.get(name);
      checkMay(before, actor);
      const row = {
        name,
        document: JSON.stringify(wish),
        created_by: before?.created_by ?? actor.name,
        changed_by: actor.name,
        changed_at: clock.now(),
      };
      await store.put(row);
      return scriptView(row);
    },
    async remove(name, actor) {
      checkMay(await find(name), actor);
      await store.remove(name);
    },
    async run(name, wish, actor, idempotencyKey) {
      const { document, changed_at: changedAt } = await find(name);
      const script = ScriptWish.parse(JSON.parse(document));
      const { values, secrets = {}, selector, policy, deadlineMs, confirm, note } = wish;
      const { account, cwd, timeLimitMs } = wish;
      const request = {
        command: commandOf(script),
        ...inputOf(script.parameters, { values, secrets }),
        account,
        cwd,
        timeLimitMs,
      };
      const job = {
        selector,
        capability: "exec",
        request: withoutUndefined(request),
        secrets,
        policy,
        deadlineMs,
        confirm,
        note,
      };
      return jobs.create(withoutUndefined(job) as Parameters<Jobs["create"]>[0], actor, idempotencyKey, {
        origin: { kind: "script", name, changedAt },
      });
    },
  };
}

function scriptView({ name, document, created_by, changed_by, changed_at }: ScriptRow): ScriptView {
  const script = ScriptWish.parse(JSON.parse(document));
  return { name, ...script, createdBy: created_by, changedBy: changed_by, changedAt: changed_at };
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
