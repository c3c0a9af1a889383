/** Many simulated agents that come back by themselves, as real ones do. */
import { SimAgent, type SimOptions } from "./agent.ts";

export interface Crowd extends Disposable {
  readonly agents: readonly SimAgent[];
  /** Linked now. */
  readonly linked: number;
  /** Connects all, or the first `count`, `atOnce` handshakes under way at a time; resolves when all are linked. */
  connect(count?: number): Promise<void>;
  /** From now on who has no link dials, again and again, with jitter. Not while `connect` is under way. */
  keepComingBack(window: { readonly baseMs: number; readonly capMs: number }): void;
}

export function crowd(options: readonly SimOptions[], atOnce = 50): Crowd {
  const agents = options.map((one) => new SimAgent(one));
  let over = false;

  async function connectAll(count?: number): Promise<void> {
    const waiting = agents.slice(0, count).filter((agent) => agent.welcome === undefined || agent.socket === undefined);
    await Promise.all(
      Array.from({ length: Math.min(atOnce, waiting.length) }, async () => {
        for (let agent = waiting.pop(); agent !== undefined; agent = waiting.pop()) {
          // An agent never dials while it is linked, or dialling: here too it may have come back by itself meanwhile.
          if (agent.socket === undefined) await agent.connect();
        }
      }),
    );
  }

  async function persist(agent: SimAgent, baseMs: number, capMs: number): Promise<void> {
    let waitMs = baseMs;
    while (!over) {
      const socket = agent.socket;
      if (socket !== undefined) await new Promise((resolve) => socket.once("close", resolve));
      if (over) return;
      // Decorrelated jitter, as the real agent: the next wait lies between the base and three times the last.
      waitMs = Math.min(capMs, baseMs + Math.random() * (waitMs * 3 - baseMs));
      // Who was told when to come back does so.
      const told = agent.lastRefusal?.retryAfterMs;
      await new Promise((resolve) => setTimeout(resolve, told ?? waitMs));
      if (over) return;
      await agent.connect().then(
        () => (waitMs = baseMs),
        () => undefined,
      );
    }
  }

  return {
    agents,
    get linked() {
      return agents.reduce(
        (count, agent) => count + (agent.socket !== undefined && agent.welcome !== undefined ? 1 : 0),
        0,
      );
    },
    connect: connectAll,
    keepComingBack({ baseMs, capMs }) {
      for (const agent of agents) void persist(agent, baseMs, capMs);
    },
    [Symbol.dispose]() {
      over = true;
      for (const agent of agents) agent.wipe();
    },
  };
}
