/** What a deployment tells of itself: to people in the output, to programs in the result. */
import { writeSync } from "node:fs";
import type { FileOutcome } from "@atalaya/protocol";
import type { Speech } from "../hand.ts";
import type { CommandEnd } from "./commands.ts";
import type { Found } from "./gather.ts";
import type { Hold } from "./hold.ts";
import type { Placed } from "./place.ts";
import { serviceFile } from "./service.ts";

type Report = Extract<Speech, { say: "report" }>["result"];
/** The report as it is written. */
export type Draft = { -readonly [Key in keyof Report]: Report[Key] };

const FILES_TOLD = 2_000;
const PATHS_TOLD_CHARACTERS = 256 * 1024;
const LINES_SHOWN = 200;

/** Every file with what became of it. */
export function tell(hold: Hold, report: Draft, found: readonly Found[], { outcomes }: Placed): void {
  const { artifacts } = hold.plan.request;
  const letters: string[] = artifacts.map(({ unpack }) => (unpack === true ? "a" : "-"));
  const listed: [string, FileOutcome][] = [];
  let step = 0;
  let characters = 0;
  for (const { path, artifact, outcome: known } of found) {
    const outcome = known ?? outcomes[step++]!;
    count(report, outcome);
    if (artifact !== undefined) letters[artifact] = outcome[0]!;
    else if (listed.length < FILES_TOLD && (characters += path.length) < PATHS_TOLD_CHARACTERS)
      listed.push([path, outcome]);
    if (found.length <= LINES_SHOWN) line(1, `${outcome.padEnd(9)} ${path}`);
  }
  const { marcopolo } = hold.plan.request;
  if (marcopolo !== undefined) {
    const outcome = outcomes[step] ?? "unchanged";
    count(report, outcome);
    listed.push([`~/${serviceFile(marcopolo.id)}`, outcome]);
    line(1, `${outcome.padEnd(9)} ~/${serviceFile(marcopolo.id)}`);
    hold.say({ say: "service", id: marcopolo.id, file: `${hold.plan.account.home}/${serviceFile(marcopolo.id)}` });
  }
  if (found.length > LINES_SHOWN)
    line(
      1,
      Object.entries(report.counts)
        .map(([outcome, n]) => `${n} ${outcome}`)
        .join(", "),
    );
  if (artifacts.length > 0) report.outcomes = letters.join("");
  if (listed.length > 0) report.files = listed;
}

/** Of a rollback: what it did, and where. */
export function tellRestored(
  report: Draft,
  files: readonly { readonly path: string; readonly outcome: FileOutcome }[],
): void {
  for (const { path, outcome } of files) {
    count(report, outcome);
    if (files.length <= LINES_SHOWN) line(1, `${outcome.padEnd(9)} ${path}`);
  }
  if (files.length === 0) line(1, "everything is as it was before that deployment");
  report.files = files.slice(0, FILES_TOLD).map(({ path, outcome }) => [path, outcome]);
}

function count(report: Draft, outcome: FileOutcome): void {
  report.counts = { ...report.counts, [outcome]: (report.counts[outcome] ?? 0) + 1 };
}

export function codeOf({ exitCode }: CommandEnd): { exitCode?: number } {
  return exitCode === undefined ? {} : { exitCode };
}

export function howItEnded({ exitCode, problem, timedOut }: CommandEnd): string {
  if (problem !== undefined) return `could not run: ${problem}`;
  return timedOut ? "ran out of time" : `ended with ${exitCode}`;
}

/** To the run's output. What cannot be written must not end the work. */
export function line(stream: 1 | 2, text: string): void {
  try {
    writeSync(stream, `${text.replace(/[\p{Cc}\u2028\u2029]/gu, "?")}\n`);
  } catch {
    // Nobody keeps it (a full disk): the result says it again.
  }
}
