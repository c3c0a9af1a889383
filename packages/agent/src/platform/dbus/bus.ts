/** A connection to a message bus, or to one program that speaks as a bus does: calls with answers, and signals. */
import { connect, type Socket } from "node:net";
import { encodeMessage, messageReader, type Message } from "./wire.ts";

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

export interface Bus extends Disposable {
  /** The answer's values. Throws a `BusError` for what the other end refuses. */
  call(call: Call): Promise<readonly unknown[]>;
  /** Hears every signal that this connection gets. */
  onSignal(heard: (signal: Message) => void): Disposable;
  /** Answers calls; for programs that others call. */
  serve(
    answer: (
      call: Message,
    ) =>
      | { readonly signature: string; readonly body: readonly unknown[] }
      | { readonly error: string; readonly text: string },
  ): void;
  emit(signal: Omit<Call, "destination">): void;
  readonly closed: Promise<void>;
}

/** `name`: what D-Bus calls it, `org.freedesktop.systemd1.NoSuchUnit`. */
export class BusError extends Error {
  override readonly name = "BusError";
  readonly error: string;
  constructor(error: string, message: string) {
    super(message);
    this.error = error;
  }
}

const CALL_MS = 120_000;
const CONNECT_MS = 10_000;

/** `direct`: nobody stands between, so there is no name to be asked for (systemd's private socket). */
export async function openBus(path: string, { direct = false }: { readonly direct?: boolean } = {}): Promise<Bus> {
  const socket = connect(path);
  await authenticate(socket);
  const waiting = new Map<
    number,
    { resolve(body: readonly unknown[]): void; reject(error: Error): void; timer: NodeJS.Timeout }
  >();
  const hearers = new Set<(signal: Message) => void>();
  let serve: Parameters<Bus["serve"]>[0] | undefined;
  let serial = 0;
  const read = messageReader();

  const send = (message: Omit<Message, "serial">): number => {
    serial += 1;
    socket.write(encodeMessage({ ...message, serial }));
    return serial;
  };

  socket.on("data", (chunk: Buffer) => {
    try {
      for (const message of read(chunk)) take(message);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  let why = "the bus has closed the connection";
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      for (const { reject, timer } of waiting.values()) {
        clearTimeout(timer);
        reject(new BusError("closed", why));
      }
      waiting.clear();
      resolve();
    });
  });
  socket.on("error", ({ message }) => {
    why = `the connection to the bus has ended: ${message}`;
  });

  function take(message: Message): void {
    if (message.type === "signal") {
      for (const heard of hearers) heard(message);
      return;
    }
    if (message.type === "call") {
      const answer = serve?.(message) ?? {
        error: "org.freedesktop.DBus.Error.UnknownMethod",
        text: "there is nothing here",
      };
      const to = { replyTo: message.serial, ...(message.sender === undefined ? {} : { destination: message.sender }) };
      if ("error" in answer) send({ type: "error", ...to, error: answer.error, signature: "s", body: [answer.text] });
      else send({ type: "return", ...to, ...answer });
      return;
    }
    const wish = waiting.get(message.replyTo ?? 0);
    if (wish === undefined) return;
    waiting.delete(message.replyTo!);
    clearTimeout(wish.timer);
    if (message.type === "return") return wish.resolve(message.body);
    const [text] = message.body;
    wish.reject(
      new BusError(message.error ?? "unknown", typeof text === "string" ? text : (message.error ?? "it failed")),
    );
  }

  function call({ destination, body = [], ...rest }: Call): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new BusError("closed", why));
      const id = send({ type: "call", ...rest, ...(direct ? {} : { destination }), body });
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new BusError("timeout", `${destination} did not answer within ${CALL_MS / 1000} s`));
      }, CALL_MS);
      waiting.set(id, { resolve, reject, timer });
    });
  }

  const bus: Bus = {
    call,
    closed,
    onSignal(heard) {
      hearers.add(heard);
      return { [Symbol.dispose]: () => void hearers.delete(heard) };
    },
    serve(answer) {
      serve = answer;
    },
    emit: ({ body = [], ...signal }) => void send({ type: "signal", ...signal, body }),
    [Symbol.dispose]: () => void socket.destroy(),
  };
  if (!direct) {
    const about = {
      destination: "org.freedesktop.DBus",
      path: "/org/freedesktop/DBus",
      interface: "org.freedesktop.DBus",
    };
    await call({ ...about, member: "Hello" });
  }
  return bus;
}

/** EXTERNAL: the kernel tells the other end who we are. */
function authenticate(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex");
    let said = "";
    const timer = setTimeout(() => fail(new Error("the bus does not answer")), CONNECT_MS);
    socket.once("error", fail);
    // BEGIN at once, as systemd's own clients do: after a BEGIN that comes together with the first call, systemd (252) on its
    // private socket does not look at that call until more comes.
    socket.once("connect", () => socket.write(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`));
    socket.on("data", hear);

    function hear(chunk: Buffer): void {
      said += chunk.toString("latin1");
      if (!said.includes("\n")) return;
      if (!said.startsWith("OK ")) return fail(new Error(`the bus does not take us: ${said.trim().slice(0, 100)}`));
      done();
      resolve();
    }
    function done(): void {
      clearTimeout(timer);
      socket.off("data", hear);
      socket.off("error", fail);
    }
    function fail(error: Error): void {
      done();
      socket.destroy();
      reject(error);
    }
  });
}
