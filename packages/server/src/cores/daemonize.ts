import type { DaemonSteps, NetworkCore } from "./core.ts";

/** The order in which any network core becomes a daemon: written once, so that no core drops privileges too late. */
export async function daemonize(
  core: Pick<NetworkCore, "bind" | "run" | "block" | "shutdown">,
  steps: DaemonSteps,
): Promise<void> {
  try {
    await core.bind();
    await steps.detach?.();
    await steps.dropPrivileges?.();
    await steps.loadPlugins?.();
    await core.run();
    await steps.ready?.();
  } catch (error) {
    await core.shutdown();
    throw error;
  }
  await core.block();
}
