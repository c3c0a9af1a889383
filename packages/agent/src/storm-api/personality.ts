/** `POST /personality` (reference of the original, 4.7), which here is answered when it is done, and is done as a whole. */
import { z } from "zod";
import { read } from "./read.ts";

const Personality = z.object({
  personality: z
    .array(
      z.object({
        path: z.string(),
        contents: z.string(),
        postxfer: z.string().optional(),
        mode: z.string().optional(),
        owner: z.string().optional(),
      }),
    )
    .min(1),
});

export function personalityRequest(body: unknown): object {
  const { personality } = read(Personality, body);
  const commands = personality.flatMap(({ postxfer }) => (postxfer === undefined || postxfer === "" ? [] : [postxfer]));
  return {
    files: personality.map(({ path, contents, mode, owner }) => ({
      path,
      content: contents,
      ...(mode === undefined ? {} : { mode }),
      ...(owner === undefined ? {} : { owner }),
    })),
    // Each in a shell of its own, as they were; the first that fails ends it.
    ...(commands.length === 0
      ? {}
      : { command: { kind: "shell", script: commands.map((one) => `(\n${one}\n) || exit "$?"`).join("\n") } }),
  };
}
