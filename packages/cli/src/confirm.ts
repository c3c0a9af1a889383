/** Above the server's threshold the number of hosts must be confirmed: typed on a terminal, or with `--confirm`. */
import { createInterface } from "node:readline/promises";
import { ClientError } from "@atalaya/client";
import { UsageError, type Session } from "./session.ts";
import { whole } from "./exec-request.ts";

export async function confirmCount<T>(
  session: Session,
  option: string | undefined,
  post: (confirm: number | undefined) => Promise<T>,
): Promise<T> {
  const given = whole("--confirm", option);
  try {
    return await post(given);
  } catch (cause) {
    if (!(cause instanceof ClientError) || cause.code !== "job.confirmation-needed") throw cause;
    const count = cause.details?.["count"];
    if (given !== undefined || !process.stdin.isTTY || !session.terminal.live || typeof count !== "number") throw cause;
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt
      .question(`${cause.detail}\nType the number of hosts to go on: `)
      .finally(() => prompt.close());
    if (answer.trim() !== String(count)) throw new UsageError("not confirmed: nothing was done");
    return post(count);
  }
}
