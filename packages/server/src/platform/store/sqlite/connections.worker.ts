/** A thread that holds SQLite connections and answers what it is asked, in order. */
import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { openConnection, type Connection } from "./connection.ts";
import type { Answer, Ask, SqlFailure, ThreadSettings } from "./messages.ts";

const settings = workerData as ThreadSettings;
const port = parentPort;
if (port === null) throw new Error("connections.worker.ts is a thread of the store; it cannot run by itself");
const connections = new Map<number, Connection>();
flushCompileCache();

port.on("message", (asks: readonly Ask[] | "close") => {
  if (asks !== "close") return port.postMessage(asks.map(answer));
  for (const connection of connections.values()) connection[Symbol.dispose]();
  port.close();
});

function answer([id, number, sql, parameters, begin]: Ask): Answer {
  try {
    const connection = connections.get(number) ?? connect(number);
    if (begin !== "") connection.run(begin, []);
    const { columns, flat, changes, inserted } = connection.run(sql, parameters);
    return [id, columns, flat, changes, inserted];
  } catch (error) {
    return [id, failure(error)];
  }
}

function connect(number: number): Connection {
  const connection = openConnection(settings);
  connections.set(number, connection);
  return connection;
}

function failure(error: unknown): SqlFailure {
  if (!(error instanceof Error)) return { message: String(error), errcode: undefined };
  return { message: error.message, errcode: (error as Error & { errcode?: number }).errcode };
}
