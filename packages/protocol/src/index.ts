/** What both ends of the link agree on. Pure: no Node, no I/O. The words: a *frame* is one message on the link, a *ticket* what the server allows a run, a *failure* what can go wrong, by code. */
export { AtalayaError, failures, isFailureCode, type FailureCode, type FailureKind } from "./failures.ts";
export { finalStates, isFinal, reportedStates, runStates, type FinalState, type RunState } from "./run-states.ts";
export {
  AgentFrame,
  LINK_PATH,
  FLEET_PROTOCOL,
  LINK_PROTOCOL,
  LINK_VERSIONS,
  MAX_CONTROL_FRAME_BYTES,
  Progress,
  Reason,
  ResumeEntry,
  ServerFrame,
  SpoolEntry,
  type Hello,
  type RunResult,
  type Start,
  type Welcome,
} from "./link/frames.ts";
export { parseAgentFrame, parseServerFrame } from "./link/parse.ts";
export {
  decodeOutput,
  encodeOutput,
  MAX_OUTPUT_CHUNK_BYTES,
  OUTPUT_HEADER_BYTES,
  type OutputFrame,
  type OutputStream,
} from "./link/output.ts";
export {
  OpenStream,
  parseStreamText,
  STREAM_PATH,
  STREAM_PROTOCOL,
  StreamClaims,
  StreamId,
  StreamRefused,
} from "./link/streams.ts";
export {
  MAX_STREAM_MESSAGE_BYTES,
  streamEnds,
  type StreamEnds,
  type StreamPipe,
  type StreamPipeOptions,
  type StreamSocket,
} from "./link/byte-stream.ts";
export { Facts, Fingerprint, SystemIdentity } from "./facts.ts";
export { ENROLMENT_PATH, EnrolmentReply, EnrolmentRequest, splitJoinToken } from "./enrolment.ts";
export {
  rootOf,
  signedBytes,
  Ticket,
  TICKET_CONTEXT,
  TICKET_SIGNER_CN,
  TicketClaims,
  ticketTree,
  type Sha256,
  type Sha256Characters,
  type TicketTree,
} from "./tickets.ts";
export { type Capability, type RequestOf, type ResultOf } from "./capabilities/capability.ts";
export { AccountName, Command, environmentName, Sha256Hex } from "./capabilities/command.ts";
export { Artifact, deploy, fileOutcomes, HealthCheck, MAX_ARTIFACTS, type FileOutcome } from "./capabilities/deploy.ts";
export { exec } from "./capabilities/exec.ts";
export { environment } from "./capabilities/environment.ts";
export {
  packageManagers,
  packages,
  type InstalledPackage,
  type PackageManager,
  type PackageOutcome,
  type PackageSource,
  type WantedPackage,
} from "./capabilities/package.ts";
export { personality, type PersonalityFile } from "./capabilities/personality.ts";
export {
  instances,
  services,
  ServiceSpec,
  type ServiceAction,
  type ServiceManager,
  type ServiceState,
  type ServiceStatus,
} from "./capabilities/service.ts";
export { linkLeadsTo, pathProblem } from "./capabilities/relative-path.ts";
export {
  TERMINAL,
  TerminalEnd,
  TerminalOpened,
  TerminalRequest,
  TerminalSaid,
  TerminalSize,
} from "./capabilities/terminal.ts";
export {
  AGENT_API_CHANGE,
  AGENT_API_PORT,
  isLoopbackTarget,
  looksAtAgentApi,
  RELAY,
  RelayRequest,
} from "./capabilities/relay.ts";
export { isCounted, MONITOR, MonitorFrame, Sample, SampleFrame } from "./link/monitor.ts";
export {
  joinLive,
  Live,
  MAX_STATUS_BYTES,
  splitLive,
  STATUS,
  statusNames,
  statusParts,
  withoutSecrets,
  type Status,
  type StatusFrame,
  type StatusName,
} from "./status/index.ts";
export {
  isHop,
  MAX_HOPS,
  readHops,
  showHops,
  WAYPOINT_FAILURE,
  WAYPOINT_PROTOCOL,
  WAYPOINT_TARGET,
} from "./waypoint/hops.ts";
export { canonicalJson } from "./audit/canonical.ts";
