/** A helper: asks libpam, one question at a time, and may hang in it; whoever started it kills it then. Speaks lines. */
import { createConversation } from "./conversation.ts";
import { reasonOf } from "./codes.ts";
import type { Attempt, MachineAccount } from "./answer.ts";
import { loadLibraries, type Libraries, type Passwd } from "./library.ts";
import { lineOf, lineReader, MAX_QUESTION_BYTES, Question, type Reply } from "./lines.ts";

const [service = "other"] = process.argv.slice(2);

/** The end of a helper is the end of its input: a Ctrl-C at the server's terminal is not meant for it. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

function say(reply: Reply): void {
  process.stdout.write(lineOf(reply));
}

function load(): Libraries | undefined {
  try {
    return loadLibraries();
  } catch (error) {
    say({ kind: "unable", text: `libpam cannot be loaded: ${(error as Error).message}` });
    return undefined;
  }
}

function answerTo(question: Question, libraries: Libraries): Reply {
  const { id } = question;
  if (question.kind === "account") {
    const found = libraries.passwd(question.account);
    return { kind: "account", id, ...(found === undefined ? {} : { account: accountOf(found, libraries) }) };
  }
  return check(id, question.attempt, libraries);
}

function check(id: number, attempt: Attempt, libraries: Libraries): Reply {
  const conversation = createConversation(attempt);
  const { converse } = conversation;
  const outcome = libraries.run({ service, user: attempt.account, address: attempt.address, converse });
  const messages = conversation.said;
  if (outcome.code === 0) {
    const found = libraries.passwd(outcome.user);
    if (found !== undefined) {
      return { kind: "answer", id, answer: { kind: "proven", account: accountOf(found, libraries), messages } };
    }
    return failed(id, `PAM admits ${JSON.stringify(outcome.user)}, whom the machine does not know`);
  }
  if (conversation.unanswered.length > 0) {
    return { kind: "answer", id, answer: { kind: "asks", prompts: conversation.unanswered, messages } };
  }
  const reason = reasonOf(outcome);
  if (reason === undefined) {
    return failed(id, `PAM (service ${service}) failed: ${outcome.text} (${outcome.step}, ${outcome.code})`);
  }
  const { text, delayMs } = outcome;
  return { kind: "answer", id, answer: { kind: "refused", reason, text, messages, delayMs } };
}

function accountOf(found: Passwd, libraries: Libraries): MachineAccount {
  const [fullName = ""] = found.gecos.split(",");
  return { name: found.name, uid: found.uid, fullName, groups: libraries.groups(found) };
}

function failed(id: number, text: string): Reply {
  return { kind: "failed", id, code: "identity.pam-unavailable", text };
}

const libraries = load();
if (libraries !== undefined) {
  const read = lineReader(MAX_QUESTION_BYTES);
  process.stdin.on("data", (chunk: Buffer) => {
    for (const line of read(chunk)) say(answerTo(Question.parse(JSON.parse(line)), libraries));
  });
  say({ kind: "ready" });
}
