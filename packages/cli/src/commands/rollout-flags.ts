import type { Command } from "commander";
import { collect } from "./command.ts";

/** The options of a rollout and of what one sees of it, as every command has them that makes a job. */
export function rolloutFlags(command: Command): Command {
  return command
    .optionsGroup("The rollout:")
    .option("--wave <n|%>", "so many hosts at a time")
    .option("--canary <n|%>", "so many hosts first, alone")
    .option("--failures <n|%>", "start no more when more than this have failed")
    .option("--concurrent <n>", "never more hosts at once")
    .option("--lab-share <%>", "never more of one lab's hosts at once")
    .option("--apart <label>", "never two hosts with this label at once (again for more)", collect, [])
    .option("--deadline <time>", "hosts that have not begun by then expire (offline ones wait without it)")
    .option("--confirm <count>", "the number of hosts you expect; needed above the server's threshold")
    .option("--note <text>", "why, for those who read the history");
}

export function showFlags(command: Command): Command {
  return command
    .optionsGroup("What you see:")
    .option("--fold", "show equal output of many hosts once")
    .option("--no-prefix", "print lines without the host's name")
    .option("-q, --quiet", "only output: no progress, no summary")
    .option("--detach", "print the job's id and leave; see: atalaya job output ID --follow");
}
