/** Lines as they come, each with its host before it; or, for one host, its bytes as they are. */
import { framed, type FrameNeeds } from "./frame.ts";
import type { View } from "./job-seen.ts";
import { prefixedLines } from "./lines.ts";
import { printable } from "./terminal.ts";
import { padded } from "./width.ts";

/** `width` undefined: no names, but still whole lines. What hosts write to stderr goes to ours, as ssh does. */
export function prefixView(needs: FrameNeeds & { readonly width: number | undefined }): View {
  const { terminal, width } = needs;
  const sinks = { stdout: terminal.out, stderr: terminal.err };
  const lines = prefixedLines((host, stream) => {
    if (width === undefined) return "";
    const { paint } = sinks[stream];
    const name = `${padded(printable(host), width)}: `;
    return stream === "stderr" ? paint.yellow(name) : paint.cyan(name);
  });
  const frame = framed(needs);

  async function print(stream: "stdout" | "stderr", text: Uint8Array): Promise<void> {
    if (text.length === 0) return;
    frame.hide();
    await sinks[stream].write(text);
  }

  return {
    ...frame,
    output: ({ host, stream, bytes }) => print(stream, lines.add(host.name, stream, bytes)),
    async ended(run) {
      for (const stream of ["stdout", "stderr"] as const) await print(stream, lines.end(run.host.name, stream));
      if (run.state !== "succeeded") await frame.failed(run);
    },
  };
}

/** For one host without its name: not a byte more or less, good for a file. */
export function rawView(needs: FrameNeeds): View {
  const { terminal } = needs;
  const frame = framed(needs);
  return {
    ...frame,
    async output({ stream, bytes }) {
      frame.hide();
      await (stream === "stdout" ? terminal.out : terminal.err).write(bytes);
    },
    async ended(run) {
      if (run.state !== "succeeded") await frame.failed(run);
    },
  };
}
