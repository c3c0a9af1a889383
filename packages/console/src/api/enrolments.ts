import { queryOptions } from "@tanstack/react-query";
import { client } from "./client.ts";

/** Machines that asked to be let in and wait for a person. There is no live topic for them: asked again now and then. */
export const pendingEnrolments = queryOptions({
  queryKey: ["enrolments", "pending"],
  queryFn: ({ signal }) =>
    client.get("/api/v1/enrolments", { params: { query: { state: "pending", limit: 200 } }, signal }),
  refetchInterval: 5_000,
});
