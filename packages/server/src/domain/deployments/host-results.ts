/** What a run's result says of each file, told apart from how it travels. Pure. */
import { deploy, type Artifact, type FileOutcome, type ResultOf } from "@atalaya/protocol";

export interface FileResult {
  readonly name: string;
  readonly outcome: FileOutcome;
}

const byLetter = new Map(["created", "replaced", "kept", "unchanged"].map((word) => [word[0]!, word as FileOutcome]));

export function readResult(result: unknown): ResultOf<typeof deploy> | undefined {
  const parsed = deploy.result.safeParse(result);
  return parsed.success ? parsed.data : undefined;
}

/** The artifacts in their order, then what archives, services or a rollback brought. */
export function filesOf(result: ResultOf<typeof deploy>, artifacts: readonly Artifact[]): readonly FileResult[] {
  const placed = artifacts.flatMap(({ name }, at) => {
    const outcome = byLetter.get(result.outcomes?.[at] ?? "-");
    return outcome === undefined ? [] : [{ name, outcome }];
  });
  return [...placed, ...(result.files ?? []).map(([name, outcome]) => ({ name, outcome }))];
}

/** Whether there is something that a rollback could undo; a run without a result may have done anything. */
export function mayHaveChanged(state: string, result: unknown): boolean {
  const read = readResult(result);
  if (read === undefined)
    return state === "lost" || state === "timed-out" || state === "cancelled" || state === "failed";
  if (read.rolledBack === true) return false;
  const { created = 0, replaced = 0, removed = 0, restored = 0 } = read.counts;
  return created + replaced + removed + restored > 0;
}
