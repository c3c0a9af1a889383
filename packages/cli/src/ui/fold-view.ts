/**
 * Equal output of many hosts, once, as soon as there is some. Hosts that come later with an output that was shown are
 * only named; then a closing list tells the whole groups, the largest first.
 */
import { fold, type FoldedBlock, type FoldedGroup } from "./fold.ts";
import { framed, type FrameNeeds } from "./frame.ts";
import { outcomeOf, type View } from "./job-seen.ts";
import { colourOf } from "./progress.ts";
import { printable } from "./terminal.ts";

/** How long hosts that have ended wait for others with the same output. */
const LOOK_EVERY_MS = 1_000;
const WIDEST_HINT = 40;

export function foldView(needs: FrameNeeds): View {
  const { terminal, foldNames, now } = needs;
  const { out } = terminal;
  const folded = fold();
  const frame = framed(needs);
  let lastLook = now();

  /** `pc-[01-38] (38) failed (2)`. */
  function headOf({ hosts, outcome }: FoldedGroup): string {
    const names = out.paint.bold(printable(foldNames(hosts)));
    const count = hosts.length === 1 ? "" : ` (${hosts.length})`;
    return `${names}${count}${outcome === "succeeded" ? "" : ` ${colourOf(outcome.split(" ")[0]!, out.paint)(outcome)}`}`;
  }

  async function show(block: FoldedBlock): Promise<void> {
    frame.hide();
    const { bytes, why, cut, sameAs } = block;
    if (sameAs !== undefined) return out.write(`---- ${headOf(block)}: same as ${printable(foldNames(sameAs))}\n`);
    await out.write(`---- ${headOf(block)}${why === undefined ? "" : `: ${printable(why)}`}\n`);
    await out.write(bytes);
    if (bytes.length > 0 && bytes.at(-1) !== 0x0a) await out.write("\n");
    if (cut) await out.write("(more output than can be folded: see `atalaya job output`)\n");
  }

  async function look(): Promise<void> {
    lastLook = now();
    for (const block of folded.take()) await show(block);
  }

  async function overview(): Promise<void> {
    const groups = folded.all();
    await out.write(`==== ${groups.length === 1 ? "one answer" : `${groups.length} different answers`}\n`);
    for (const group of groups) await out.write(`${headOf(group)}: ${hintOf(group)}\n`);
  }

  return {
    ...frame,
    output({ host, bytes }) {
      folded.add(host.name, bytes);
      return Promise.resolve();
    },
    ended(run) {
      folded.end(run.host.name, { outcome: outcomeOf(run), why: run.reason?.message });
      return Promise.resolve();
    },
    async tick() {
      if (now() - lastLook >= LOOK_EVERY_MS) await look();
      await frame.tick();
    },
    async close(job) {
      await look();
      frame.hide();
      if (folded.split) await overview();
      await frame.close(job);
    },
  };
}

/** Enough of an output to know which one it is. */
function hintOf({ bytes, why }: FoldedGroup): string {
  if (bytes.length === 0) return why === undefined ? "no output" : printable(why);
  const text = Buffer.from(bytes.subarray(0, 4 * WIDEST_HINT)).toString("utf8");
  const line = printable((text.split("\n", 1)[0] ?? "").replace(/\r$/, "").slice(0, WIDEST_HINT));
  const newlines = Buffer.from(bytes).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
  const lines = newlines + (bytes.at(-1) === 0x0a ? 0 : 1);
  return lines === 1 ? line : `${line} … (${lines} lines)`;
}
