/**
 * An agent without a machine: it speaks the real protocol over real mutual TLS, keeps its spool in memory, and answers
 * runs as it is told. Thousands fit into one process.
 */
import { connect, type ConnectionOptions, type SecureContext, type TLSSocket } from "node:tls";
import { randomBytes } from "node:crypto";
import {
  encodeOutput,
  LINK_PATH,
  LINK_PROTOCOL,
  LINK_VERSIONS,
  type Fingerprint,
  type Hello,
  type OpenStream,
  type ResumeEntry,
  type RunResult,
  type ServerFrame,
  type SpoolEntry,
  type Start,
  type Welcome,
} from "@atalaya/protocol";
import { WebSocket, type ClientOptions } from "ws";
import { dialSimStream, type StreamAnswer } from "./stream.ts";

/** What a run does on a simulated agent. */
export interface Behaviour {
  readonly output?: readonly { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }[];
  readonly exitCode?: number;
  /** How long the command takes; 0 answers at once; `Infinity` runs until cancelled. */
  readonly durationMs?: number;
  /** A chunk of output every so often, and the end after the last; absent: all of it at once. */
  readonly everyMs?: number;
}

export interface SimIdentity {
  readonly enrolment: string;
  readonly secureContext: SecureContext;
  readonly fingerprint: Fingerprint;
}

export interface SimOptions {
  readonly identity: SimIdentity;
  readonly host: string;
  readonly port: number;
  readonly behave: (start: Start, attempt: number) => Behaviour;
  /** Overrides of the hello, for breaking rules on purpose. */
  readonly hello?: Partial<Hello>;
  readonly onFrame?: (frame: ServerFrame) => void;
  /** Asked for each stream. Name its kinds among the hello's capabilities. */
  readonly onStream?: (open: OpenStream) => StreamAnswer;
}

interface SpooledRun {
  readonly run: string;
  handle: number;
  started: number;
  output: { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }[];
  sent: number;
  result: RunResult | undefined;
  timer: NodeJS.Timeout | undefined;
}

export class SimAgent {
  readonly options: SimOptions;
  /** How often each run was started here: the proof that none started twice. */
  readonly starts = new Map<string, number>();
  readonly spool = new Map<string, SpooledRun>();
  socket: WebSocket | undefined;
  welcome: Welcome | undefined;
  /** The last TLS session ticket; undefined: the next handshake is a full one. */
  session: Buffer | undefined;
  /** Whether the last TLS handshake that came to its end was a resumed one. */
  resumed = false;
  /** Of the last hello, as it travelled. */
  helloBytes = 0;
  /** Why the last connection ended or was refused. */
  lastRefusal:
    | { readonly code: string; readonly message: string; readonly retryAfterMs: number | undefined }
    | undefined;
  private nonce = randomBytes(12).toString("base64url");
  private epoch = 0;

  constructor(options: SimOptions) {
    this.options = options;
  }

  /** Dials and says hello; resolves with the welcome, rejects when refused or cut before. */
  connect(): Promise<Welcome> {
    const { host, port, identity } = this.options;
    this.welcome = undefined;
    this.lastRefusal = undefined;
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://${host}:${port}${LINK_PATH}`, [LINK_PROTOCOL], {
        secureContext: identity.secureContext,
        ALPNProtocols: [LINK_PROTOCOL],
        minVersion: "TLSv1.3",
        servername: "localhost",
        perMessageDeflate: false,
        skipUTF8Validation: true,
        handshakeTimeout: 60_000,
        createConnection: (options: ConnectionOptions) => this.dial(options),
        ...(this.session === undefined ? {} : { session: this.session }),
      } as unknown as ClientOptions);
      this.socket = socket;
      socket.binaryType = "nodebuffer";
      socket.on("open", () => this.sayHello());
      socket.on("message", (data, isBinary) => {
        if (isBinary) return;
        // `nodebuffer` is the binary type, so it is one Buffer.
        const frame = JSON.parse((data as Buffer).toString()) as ServerFrame;
        this.options.onFrame?.(frame);
        if (frame.type === "welcome") {
          this.welcomed(frame);
          resolve(frame);
        } else if (frame.type === "refused")
          this.lastRefusal = { code: frame.code, message: frame.message, retryAfterMs: frame.retryAfterMs };
        else this.obey(frame);
      });
      socket.on("error", (cause) => reject(cause));
      socket.on("close", (code) => {
        if (this.socket === socket) this.socket = undefined;
        const told = this.lastRefusal;
        reject(new Error(told === undefined ? `closed with ${code}` : `${told.code}: ${told.message}`));
      });
    });
  }

  /** A new process on the same machine: the spool stays, the nonce is new. */
  restartProcess(): void {
    this.cut();
    this.nonce = randomBytes(12).toString("base64url");
  }

  cut(): void {
    this.socket?.terminate();
    this.socket = undefined;
  }

  /** Forgets everything, as a machine whose disk was replaced. */
  wipe(): void {
    this.cut();
    for (const run of this.spool.values()) clearTimeout(run.timer);
    this.spool.clear();
  }

  /** Ends all commands that are running. */
  finishAll(exitCode = 0): void {
    for (const run of this.spool.values()) {
      if (run.result === undefined) this.finish(run, exitCode === 0 ? "succeeded" : "failed", exitCode);
    }
  }

  send(frame: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  /** Ours from its first byte: the tickets of TLS 1.3 come before the answer to the upgrade. */
  private dial(options: ConnectionOptions): TLSSocket {
    const socket = connect({ ...options, path: undefined } as unknown as ConnectionOptions);
    socket.on("session", (session: Buffer) => (this.session = session));
    socket.once("secureConnect", () => (this.resumed = socket.isSessionReused()));
    return socket;
  }

  private sayHello(): void {
    const { identity, hello } = this.options;
    const text = JSON.stringify({
      type: "hello",
      versions: [...LINK_VERSIONS],
      agentVersion: "0.1.0-sim",
      bootId: "simulated-boot",
      nonce: this.nonce,
      fingerprint: identity.fingerprint,
      system: { kind: "os", name: identity.enrolment },
      epoch: this.epoch,
      capabilities: ["exec"],
      spool: [...this.spool.values()].map(entryOf),
      ...hello,
    } satisfies Hello);
    this.helloBytes = text.length;
    this.socket?.send(text);
  }

  private welcomed(welcome: Welcome): void {
    this.welcome = welcome;
    this.epoch = welcome.epoch;
    for (const entry of welcome.resume) this.resume(entry);
  }

  private resume(entry: ResumeEntry): void {
    const run = this.spool.get(entry.run);
    if (run === undefined) return;
    if (entry.verdict === "settled" || entry.verdict === "unknown") return this.forget(entry.run);
    run.handle = entry.handle;
    run.sent = entry.through;
    if (entry.verdict === "cancel" && run.result === undefined) this.finish(run, "cancelled", undefined);
    else this.flush(run);
  }

  private obey(frame: ServerFrame): void {
    if (frame.type === "start") return this.start(frame);
    if (frame.type === "open-stream") return void this.stream(frame);
    if (frame.type === "settled") return frame.runs.forEach((run) => this.forget(run));
    if (frame.type === "cancel") {
      const run = this.spool.get(frame.run);
      if (run !== undefined && run.result === undefined) this.finish(run, "cancelled", undefined);
    }
  }

  private async stream(frame: OpenStream): Promise<void> {
    const answer = this.options.onStream?.(frame);
    if (answer === undefined) return;
    if ("refuse" in answer) return this.send({ type: "stream-refused", stream: frame.stream, ...answer.refuse });
    try {
      answer.serve(await dialSimStream(frame, { ...this.options, session: this.session }, answer.said));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.send({ type: "stream-refused", stream: frame.stream, code: "host.offline", message });
    }
  }

  private start(frame: Start): void {
    const known = this.spool.get(frame.run);
    if (known !== undefined) {
      known.handle = frame.handle;
      return this.flush(known);
    }
    const attempt = (this.starts.get(frame.run) ?? 0) + 1;
    if (attempt > 1) {
      const reason = { code: "run.already-known", message: "this run was started here before" };
      return this.send({ type: "result", run: frame.run, state: "refused", reason, lastSequence: 0 });
    }
    this.starts.set(frame.run, attempt);
    const { output = [], exitCode = 0, durationMs = 0, everyMs } = this.options.behave(frame, attempt);
    const run: SpooledRun = {
      run: frame.run,
      handle: frame.handle,
      started: Date.now(),
      output: everyMs === undefined ? [...output] : [],
      sent: 0,
      result: undefined,
      timer: undefined,
    };
    this.spool.set(frame.run, run);
    this.send({ type: "accepted", run: frame.run });
    if (everyMs !== undefined) return this.print(run, output, everyMs, exitCode);
    if (durationMs === 0) return this.finish(run, exitCode === 0 ? "succeeded" : "failed", exitCode);
    this.send({ type: "running", run: frame.run });
    this.flush(run);
    if (durationMs === Infinity) return;
    run.timer = setTimeout(() => this.finish(run, exitCode === 0 ? "succeeded" : "failed", exitCode), durationMs);
  }

  private print(run: SpooledRun, output: NonNullable<Behaviour["output"]>, everyMs: number, exitCode: number): void {
    const next = output[run.output.length];
    if (next === undefined) return this.finish(run, exitCode === 0 ? "succeeded" : "failed", exitCode);
    run.output.push(next);
    this.flush(run);
    run.timer = setTimeout(() => this.print(run, output, everyMs, exitCode), everyMs);
  }

  private finish(run: SpooledRun, state: RunResult["state"], exitCode: number | undefined): void {
    clearTimeout(run.timer);
    run.result = {
      type: "result",
      run: run.run,
      state,
      ...(exitCode === undefined ? {} : { result: { exitCode } }),
      lastSequence: run.output.length,
      durationMs: Date.now() - run.started,
    };
    this.flush(run);
  }

  private flush(run: SpooledRun): void {
    const socket = this.socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    for (; run.sent < run.output.length; run.sent += 1) {
      socket.send(encodeOutput({ handle: run.handle, sequence: run.sent + 1, ...run.output[run.sent]! }));
    }
    if (run.result !== undefined) this.send(run.result);
  }

  private forget(id: string): void {
    clearTimeout(this.spool.get(id)?.timer);
    this.spool.delete(id);
  }
}

function entryOf(run: SpooledRun): SpoolEntry {
  return { run: run.run, phase: run.result === undefined ? "running" : "finished", lastSequence: run.output.length };
}
