/** What one client follows: opens topics, checks who may, and hands their readers to the pump. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { ClientFrame } from "./frames.ts";
import { createPump, type Outlet } from "./pump.ts";
import type { Topic } from "./topic.ts";

/** More than a console with every window open needs. */
const MAX_SUBSCRIPTIONS = 64;

export type Subscribe = Extract<ClientFrame, { type: "subscribe" }>;

export interface Subscriptions extends Disposable {
  readonly size: number;
  /** Names of topics, one for each subscription. */
  readonly topics: readonly string[];
  subscribe(frame: Subscribe, actor: Actor): Promise<void>;
  unsubscribe(id: number): void;
  resume(): void;
}

export interface SubscriptionsNeeds {
  readonly topics: ReadonlyMap<string, Topic>;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly outlet: Outlet;
}

export function createSubscriptions({ topics, bus, clock, log, outlet }: SubscriptionsNeeds): Subscriptions {
  /** Each id's own token: an id used anew while the older one is still opening must not be taken for it. */
  const open = new Map<number, { readonly mark: symbol; readonly topic: string }>();
  /** Also those whose id was given up meanwhile: they cost as much as the others. */
  let opening = 0;

  const pump = createPump({ bus, clock, outlet, failed: fail, ended: (id) => open.delete(id) });

  function fail(id: number, error: unknown): void {
    open.delete(id);
    outlet.send({ type: "error", id, ...toldOf(error, log) });
  }

  async function begin(frame: Subscribe, actor: Actor, mark: symbol): Promise<void> {
    const topic = topicOf(frame, actor);
    const reader = await topic.open(paramsOf(topic, frame), frame.since, actor);
    if (open.get(frame.id)?.mark !== mark) return;
    outlet.send({ type: "subscribed", id: frame.id });
    pump.add(frame.id, reader, frame.since);
  }

  function topicOf({ topic: name }: Subscribe, actor: Actor): Topic {
    const topic = topics.get(name);
    if (topic === undefined) {
      throw new AtalayaError("topic.unknown", `There is no topic ${name}; there are ${[...topics.keys()].join(", ")}.`);
    }
    if (!actor.permissions.has(topic.permission)) {
      throw new AtalayaError(
        "identity.forbidden",
        `${actor.name} may not follow ${name}: it needs ${topic.permission}.`,
      );
    }
    return topic;
  }

  return {
    get size() {
      return open.size;
    },
    get topics() {
      return [...open.values()].map(({ topic }) => topic);
    },
    async subscribe(frame, actor) {
      const { id } = frame;
      if (open.has(id)) {
        // Not `fail`: the subscription that has this id goes on.
        outlet.send({
          type: "error",
          code: "frame.unexpected",
          message: `The id ${id} is in use by another subscription.`,
        });
        return;
      }
      if (open.size >= MAX_SUBSCRIPTIONS || opening >= MAX_SUBSCRIPTIONS) {
        const message = `One connection follows at most ${MAX_SUBSCRIPTIONS} things.`;
        outlet.send({ type: "error", id, code: "request.rate-limited", message });
        return;
      }
      const mark = Symbol();
      open.set(id, { mark, topic: frame.topic });
      opening++;
      try {
        await begin(frame, actor, mark);
      } catch (error) {
        if (open.get(id)?.mark === mark) fail(id, error);
      } finally {
        opening--;
      }
    },
    unsubscribe(id) {
      open.delete(id);
      pump.remove(id);
    },
    resume: () => pump.resume(),
    [Symbol.dispose]() {
      open.clear();
      pump[Symbol.dispose]();
    },
  };
}

function paramsOf(topic: Topic, { params = {} }: Subscribe): unknown {
  const parsed = topic.params.safeParse(params);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "params";
  throw new AtalayaError(
    "request.malformed",
    `The parameters of ${topic.name} are wrong: ${where}: ${issue?.message}.`,
  );
}

function toldOf(error: unknown, log: Log): { readonly code: AtalayaError["code"]; readonly message: string } {
  if (error instanceof AtalayaError) return { code: error.code, message: error.message };
  log.error({ err: error }, "a live topic failed");
  return { code: "server.internal", message: "Something went wrong on the server; its log has the reason." };
}
