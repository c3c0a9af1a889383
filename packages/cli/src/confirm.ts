/** Above the server's threshold the number of hosts must be confirmed: typed on a terminal, or with `--confirm`. */
import { createInterface } from "node:readline/promises";
import { ClientError } from "@atalaya/client";
import { whole } from "./option-values.ts";
import { UsageError, type Session } from "./session.ts";

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
    const { code, detail, details } = cause;
    const count = details?.["count"];
    if (typeof count !== "number") throw cause;
    if (given !== undefined || !process.stdin.isTTY || !session.terminal.live) {
      throw new ClientError({ code, detail, next: `If you mean it: --confirm ${count}`, cause });
    }
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const asked = prompt.question(`${detail}\nType the number of hosts to go on: `);
    const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
    const answer = await Promise.race([asked, closed]).finally(() => prompt.close());
    if (answer.trim() !== String(count)) throw new UsageError("not confirmed: nothing was done");
    return post(count);
  }
}
