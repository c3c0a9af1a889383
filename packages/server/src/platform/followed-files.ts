import { stat } from "node:fs/promises";
import type { Clock } from "./clock.ts";

export interface FollowedFiles extends Disposable {
  /** Acts now, whether or not a file changed; after what is under way. */
  again(): Promise<void>;
}

/** Files are replaced by renaming, through symbolic links, over networks: looking is surer than being told. */
const LOOK_EVERY_MS = 10_000;

/** Acts whenever one of these files is another, or was written; one act at a time, which must not throw. */
export async function followFiles(
  paths: readonly string[],
  { clock, changed }: { readonly clock: Clock; readonly changed: () => Promise<void> },
): Promise<FollowedFiles> {
  let seen = await signatureOf(paths);
  let acting: Promise<void> = Promise.resolve();
  function inTurn(act: () => Promise<void>): Promise<void> {
    acting = acting.then(act);
    return acting;
  }
  const act = async (): Promise<void> => {
    // Before it is read: what is written meanwhile is seen at the next look.
    seen = await signatureOf(paths);
    await changed();
  };
  const look = async (): Promise<void> => {
    if ((await signatureOf(paths)) !== seen) await act();
  };
  let timer: Disposable;
  const wait = (): void => {
    timer = clock.after(LOOK_EVERY_MS, () => {
      wait();
      void inTurn(look);
    });
  };
  wait();
  return {
    again: () => inTurn(act),
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const signatures = await Promise.all(
    paths.map((path) =>
      stat(path, { bigint: true }).then(
        ({ dev, ino, size, mtimeNs }) => `${dev} ${ino} ${size} ${mtimeNs}`,
        () => "none",
      ),
    ),
  );
  return signatures.join(", ");
}
