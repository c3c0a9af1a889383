/**
 * For tests and benches only. Words: a *simulated agent* speaks the real protocol without a machine; a *network host*
 * is a Linux network namespace that real agents run in; a *fault proxy* spoils connections as bad networks do. An
 * *in-process server* is the real plane and core in the test's own process, a *server process* the real program.
 */
export {
  coreConformance,
  type ConformanceCase,
  type CoreFactory,
  type CoreSetup,
  type CoreUnderTest,
} from "@atalaya/server/conformance";
export { inProcessServer, type InProcessOptions, type InProcessServer } from "./plane/plane.ts";
export { SimAgent, type Behaviour, type SimIdentity, type SimOptions } from "./sim/agent.ts";
export { dialSimStream, type SimStream, type SimStreamDial, type StreamAnswer } from "./sim/stream.ts";
export { relayingHost, relayStream, type RelayingHost } from "./sim/relaying-host.ts";
export { testAuthority, type TestAuthority } from "./sim/authority.ts";
export { crowd, type Crowd } from "./sim/crowd.ts";
export { enrolSim, fingerprintOf, newKeyAndCsr, postEnrolment, simIdentity, type KeyAndCsr } from "./sim/identity.ts";
export { faultProxy, type FaultProxy } from "./faults/proxy.ts";
export { ownProcess, type OwnedProcess, type ProcessOptions } from "./processes/process.ts";
export { canMakeNetworks, testNetwork, type NetworkHost, type TestNetwork } from "./processes/hosts.ts";
export {
  callServer,
  freePort,
  serverProcess,
  type Answer,
  type CallTarget,
  type ServerProcess,
  type ServerProcessOptions,
} from "./processes/server.ts";
export { joinAgent, startAgent, type AgentProcessOptions } from "./processes/agent.ts";
export { noSystemdHere } from "./processes/boot.ts";
export { bareMachine, type BareMachine, type BareMachineOptions } from "./processes/machine.ts";
export { connectProxy } from "./processes/connect-proxy.ts";
export { doorway, type Doorway } from "./processes/doorway.ts";
