import { useQuery } from "@tanstack/react-query";
import { queryOptions } from "@tanstack/react-query";
import type { KnownWords } from "../ui/suggest.ts";
import { client } from "./client.ts";

export const placesQuery = queryOptions({
  queryKey: ["places"],
  queryFn: async ({ signal }) =>
    (await client.get("/api/v1/places", { params: { query: { limit: 1000 } }, signal })).items,
  staleTime: 30_000,
});

export const groupsQuery = queryOptions({
  queryKey: ["groups"],
  queryFn: async ({ signal }) =>
    (await client.get("/api/v1/groups", { params: { query: { limit: 1000 } }, signal })).items,
  staleTime: 30_000,
});

/** Some hosts, for the labels and systems that this fleet has. */
const sampleQuery = queryOptions({
  queryKey: ["hosts", "sample"],
  queryFn: async ({ signal }) =>
    (await client.get("/api/v1/hosts", { params: { query: { limit: 300 } }, signal })).items,
  staleTime: 300_000,
});

/** What a selector may be completed with here. */
export function useSelectorWords(): KnownWords {
  const { data: places = [] } = useQuery(placesQuery);
  const { data: groups = [] } = useQuery(groupsQuery);
  const { data: sample = [] } = useQuery(sampleQuery);
  const labels = sample.flatMap((host) =>
    Object.entries(host.labels).flatMap(([key, value]) => [key, `${key}=${value}`]),
  );
  return {
    places: places.map(({ path }) => path),
    groups: groups.map(({ name }) => name),
    labels: [...new Set(labels)].toSorted((a, b) => a.localeCompare(b)),
    systems: [...new Set(sample.flatMap(({ os }) => (os === undefined ? [] : [os.id])))],
  };
}
