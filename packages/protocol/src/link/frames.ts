/**
 * The control frames of the link: JSON text, one object a frame. Output travels in binary frames (`output.ts`).
 * Every frame is parsed by these schemas at both ends; what cannot be read is refused with a code, and the link lives on.
 */
import { z } from "zod";
import { Facts, Fingerprint, SystemIdentity } from "../facts.ts";
import { reportedStates } from "../run-states.ts";
import { Ticket } from "../tickets.ts";
import { environmentName } from "../capabilities/command.ts";
import { MonitorFrame, SampleFrame } from "./monitor.ts";
import { OpenStream, StreamRefused } from "./streams.ts";
import { MAX_HOPS } from "../waypoint/hops.ts";
import { StatusFrame, WantStatus } from "../status/frames.ts";

/** ALPN protocol, WebSocket subprotocol and path of the link. */
export const LINK_PROTOCOL = "atalaya.link.v1";
/** ALPN offer, never chosen: who makes it knows the fleet's CA and wants the server's own certificate, not a public one. */
export const FLEET_PROTOCOL = "atalaya.fleet.v1";
export const LINK_PATH = "/link";
/** Versions of the frames this code speaks. */
export const LINK_VERSIONS = [1] as const;
export const MAX_CONTROL_FRAME_BYTES = 4 * 1024 * 1024;

const RunId = z.string().regex(/^run_[A-Za-z0-9_-]{22}$/);
const Handle = z.int().min(1).max(0xffff_ffff);
const Sequence = z.int().min(0);
const Millis = z.int().min(0);
const Code = z.string().max(64);
const Sentence = z.string().max(4096);

export const Reason = z.object({ code: Code, message: Sentence });
export type Reason = z.output<typeof Reason>;

/** What the agent's spool holds of a run. `unstarted`: accepted, certainly never begun, forgotten by the agent: the server may send it again. */
export const SpoolEntry = z.object({
  run: RunId,
  phase: z.enum(["unstarted", "accepted", "running", "finished"]),
  /** The last sequence the spool holds. */
  lastSequence: Sequence,
});
export type SpoolEntry = z.output<typeof SpoolEntry>;

const Hello = z.object({
  type: z.literal("hello"),
  versions: z.array(z.int()).min(1).max(16),
  agentVersion: z.string().max(64),
  /** Changes with every boot of the system: `/proc/sys/kernel/random/boot_id`. */
  bootId: z.string().max(64),
  /** Random, new with every start of the agent's process. Two nonces that take turns on one enrolment are a clone. */
  nonce: z.string().max(64),
  fingerprint: Fingerprint,
  system: SystemIdentity,
  /** The highest epoch this agent has been given; 0 at first. */
  epoch: z.int().min(0),
  capabilities: z.array(z.string().max(64)).max(256),
  spool: z.array(SpoolEntry).max(20_000),
  /** The agent's slot from the last `drain`, for spreading reconnects. */
  slot: z.int().min(0).optional(),
  /** Of the facts the agent last had acknowledged; the server asks for facts when its own differs. */
  factsDigest: z.string().max(64).optional(),
  /** The waypoints this link came through, by their enrolments, the agent's own first: they may read for it what it may read. */
  via: z.array(z.string().max(64)).max(MAX_HOPS).optional(),
});
export type Hello = z.output<typeof Hello>;

const RunResult = z.object({
  type: z.literal("result"),
  run: RunId,
  state: z.enum(reportedStates),
  reason: Reason.optional(),
  /** The capability's own result; parsed by its schema. */
  result: z.unknown().optional(),
  /** A run is final only when all output up to it is committed. 0: none. */
  lastSequence: Sequence,
  /** How long it ran by the agent's monotonic clock. */
  durationMs: Millis.optional(),
  /** Epoch milliseconds by the agent's clock. */
  startedAt: Millis.optional(),
  finishedAt: Millis.optional(),
  /** Bytes thrown away because of the output limit. */
  droppedBytes: z.int().min(0).optional(),
});
export type RunResult = z.output<typeof RunResult>;

export const Progress = z.object({
  /** `fetching`: bytes of blobs. `placing`: files. The others count nothing. */
  phase: z.enum(["checking", "fetching", "placing", "running", "watching"]),
  done: z.int().min(0),
  total: z.int().min(0),
});
export type Progress = z.output<typeof Progress>;

const agentFrames = [
  Hello,
  /** The run is in the agent's spool, durably, and will be started once. */
  z.object({ type: z.literal("accepted"), run: RunId }),
  z.object({ type: z.literal("running"), run: RunId, startedAt: Millis.optional() }),
  RunResult,
  /** How far a run has come, for people who watch: about once a second, never repeated, never acknowledged. */
  z.object({ type: z.literal("progress"), run: RunId, ...Progress.shape }),
  z.object({ type: z.literal("facts"), facts: Facts, digest: z.string().max(64) }),
  /** A new CSR (PEM) for the same enrolment, so that the certificate is renewed in time. */
  z.object({ type: z.literal("renew"), csr: z.string().max(16_384) }),
  StreamRefused,
  SampleFrame,
  StatusFrame,
  /** A frame could not be read or obeyed. */
  z.object({ type: z.literal("problem"), code: Code, message: Sentence, run: RunId.optional() }),
] as const;
export const AgentFrame = z.discriminatedUnion("type", agentFrames);
export type AgentFrame = z.output<typeof AgentFrame>;

/** Where the server stands with a run the agent has in its spool. */
export const ResumeEntry = z.object({
  run: RunId,
  handle: Handle,
  /** Output up to this sequence is committed: send what follows. */
  through: Sequence,
  /** `settled`: the result is committed, forget it. `unknown`: no such run here, forget it. `cancel`: end it. */
  verdict: z.enum(["go-on", "settled", "unknown", "cancel"]),
});
export type ResumeEntry = z.output<typeof ResumeEntry>;

const Start = z.object({
  type: z.literal("start"),
  run: RunId,
  handle: Handle,
  /** Commands of an older epoch than the agent's link are refused (`link.old-epoch`). */
  epoch: z.int().min(1),
  capability: z.string().max(64),
  /** JSON text, exactly the bytes whose SHA-256 the ticket carries. */
  request: z.string().max(MAX_CONTROL_FRAME_BYTES),
  ticket: Ticket,
  /** Values of the request's secrets, by name. Never stored, never logged. */
  secrets: z.record(environmentName, z.string().max(131_072)).optional(),
});
export type Start = z.output<typeof Start>;

const serverFrames = [
  z.object({
    type: z.literal("welcome"),
    version: z.int(),
    server: z.string().max(64),
    enrolment: z.string().max(64),
    /** This link's epoch. The agent keeps the highest it was given. */
    epoch: z.int().min(1),
    /** The server pings at this interval; silence for 2.5 intervals means the link is dead. */
    heartbeatMs: z.int().min(1),
    /** Epoch milliseconds at the server, for the expiry of tickets. */
    now: Millis,
    /** PEM of the certificate of the key that signs tickets; issued by the fleet's CA. */
    ticketCertificate: z.string().max(16_384),
    resume: z.array(ResumeEntry).max(20_000),
    /** The agent should send its facts now. */
    wantFacts: z.boolean(),
    /** `host:port` of all servers, in order of preference; absent: keep the list you have. */
    servers: z.array(z.string().max(255)).max(32).optional(),
  }),
  /** Refused; the server closes the link. `retryAfterMs` absent: do not come back with this identity. */
  z.object({ type: z.literal("refused"), code: Code, message: Sentence, retryAfterMs: Millis.optional() }),
  Start,
  z.object({ type: z.literal("cancel"), run: RunId, epoch: z.int().min(1) }),
  /** These results are committed, with all their output: forget them. */
  z.object({ type: z.literal("settled"), runs: z.array(RunId).min(1).max(10_000) }),
  /** Output of these runs is committed up to these sequences. */
  z.object({
    type: z.literal("output-committed"),
    through: z
      .array(z.tuple([Handle, Sequence]))
      .min(1)
      .max(10_000),
  }),
  /** Leave, and come back after about `afterMs` (the slot spreads the fleet); `servers` as in `welcome`. */
  z.object({
    type: z.literal("drain"),
    afterMs: Millis,
    slot: z.int().min(0),
    servers: z.array(z.string().max(255)).max(32).optional(),
  }),
  /** The renewed certificate (PEM). The agent stores it, then reconnects with it; the old session is dropped. */
  z.object({ type: z.literal("certificate"), certificate: z.string().max(16_384) }),
  z.object({ type: z.literal("want-facts") }),
  OpenStream,
  MonitorFrame,
  WantStatus,
  z.object({ type: z.literal("problem"), code: Code, message: Sentence, run: RunId.optional() }),
] as const;
export const ServerFrame = z.discriminatedUnion("type", serverFrames);
export type ServerFrame = z.output<typeof ServerFrame>;
export type Welcome = Extract<ServerFrame, { type: "welcome" }>;
