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
    if (given !== undefined || !maySay(session)) {
      throw new ClientError({ code, detail, next: `If you mean it: --confirm ${count}`, cause });
    }
    const isMeant = await typed(session, `${detail}\nType the number of hosts to go on: `, String(count));
    if (!isMeant) throw new UsageError("not confirmed: nothing was done");
    return post(count);
  }
}

function maySay({ terminal }: Session): boolean {
  return process.stdin.isTTY && terminal.live;
}

/** Whether somebody at the terminal answers with just this; false where there is no terminal. */
export async function typed(session: Session, question: string, wanted: string): Promise<boolean> {
  if (!maySay(session)) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const asked = prompt.question(question);
  const closed = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
  const answer = await Promise.race([asked, closed]).finally(() => prompt.close());
  return answer.trim() === wanted;
}
