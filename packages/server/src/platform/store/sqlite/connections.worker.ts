/** A thread that holds SQLite connections and answers what it is asked, in order. */
import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { openConnection, type Connection, type Outcome } from "./connection.ts";
import type { Answer, Ask, AskChange, SqlFailure, ThreadSettings } from "./messages.ts";

const settings = workerData as ThreadSettings;
const port = parentPort;
if (port === null) throw new Error("connections.worker.ts is a thread of the store; it cannot run by itself");
const connections = new Map<number, Connection>();
flushCompileCache();

port.on("message", (asks: readonly (Ask | AskChange)[] | "close") => {
  if (asks !== "close") return port.postMessage(asks.map(answer));
  for (const connection of connections.values()) connection[Symbol.dispose]();
  port.close();
});

function answer(ask: Ask | AskChange): Answer {
  const [id, number] = ask;
  try {
    const connection = connections.get(number) ?? connect(number);
    const { columns, flat, changes, inserted } = ask.length === 4 ? change(connection, ask) : one(connection, ask);
    return [id, columns, flat, changes, inserted];
  } catch (error) {
    return [id, failure(error)];
  }
}

function one(connection: Connection, [, , sql, parameters, begin]: Ask): Outcome {
  if (begin !== "") connection.run(begin, []);
  return connection.run(sql, parameters);
}

function change(connection: Connection, [, , statements, wanted]: AskChange): Outcome {
  connection.run("begin immediate", []);
  try {
    const outcomes = statements.map(([sql, parameters]) => connection.run(sql, parameters));
    connection.run("commit", []);
    return outcomes[wanted]!;
  } catch (error) {
    connection.run("rollback", []);
    throw error;
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
