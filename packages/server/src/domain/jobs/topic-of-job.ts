import { z } from "zod";
import type { Topic, TopicReader } from "../live/index.ts";
import type { Lookup } from "./lookup.ts";
import { JobId } from "./views.ts";

const JobParams = z.strictObject({ job: JobId });

/** What every topic of one job has in common: its parameter, and who may see it. */
export function topicOfJob(topic: {
  readonly name: string;
  readonly summary: string;
  readonly lookup: Pick<Lookup, "job">;
  follow(job: number): TopicReader;
}): Topic<typeof JobParams> {
  const { name, summary, lookup } = topic;
  return {
    name,
    summary,
    params: JobParams,
    permission: "job.read",
    open: async (params, _since, actor) => topic.follow((await lookup.job(params.job, actor)).key),
  };
}
