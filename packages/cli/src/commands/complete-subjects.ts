/** Names for completion, asked of the server. Silent: whoever presses Tab wants no message. */
import { compareNames, type Client } from "@atalaya/client";

export type Subject =
  | "selector"
  | "host"
  | "pending"
  | "place"
  | "group"
  | "job"
  | "join-token"
  | "api-token"
  | "user"
  | "activation-agent"
  | "deployment"
  | "saved"
  | "script";

/** More are no help to whoever chooses. */
const MOST = 500;
const WITHIN_MS = 2_000;

export async function candidatesFor(subject: Subject, connect: () => Client): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), WITHIN_MS).unref());
  try {
    return await Promise.race([ask(subject, connect()), late]);
  } catch {
    return [];
  }
}

async function ask(subject: Subject, client: Client): Promise<readonly string[]> {
  const query = { limit: MOST };
  switch (subject) {
    case "selector": {
      const [hosts, groups, places] = await Promise.all([ask("host", client), groupNames(client), placeTerms(client)]);
      return ["all", ...groups.map((name) => `@${name}`), ...places, ...hosts];
    }
    case "host": {
      const { items } = await client.get("/api/v1/hosts", { params: { query } });
      return items.map(({ name }) => name).toSorted(compareNames);
    }
    case "pending": {
      const { items } = await client.get("/api/v1/enrolments", { params: { query: { ...query, state: "pending" } } });
      return items.flatMap(({ id, hostname }) => [hostname, id]);
    }
    case "place":
      return placesOf(client);
    case "group":
      return groupNames(client);
    case "job": {
      const { items } = await client.get("/api/v1/jobs", { params: { query: { limit: 50 } } });
      return ["last", ...items.map(({ id }) => id)];
    }
    case "join-token": {
      const { items } = await client.get("/api/v1/join-tokens", { params: { query } });
      return items.filter(({ state }) => state === "usable").map(({ id }) => id);
    }
    case "user": {
      const { items } = await client.get("/api/v1/users", { params: { query } });
      return items.map(({ name }) => name.replace(/^pam:/, ""));
    }
    case "activation-agent": {
      const { items } = await client.get("/agents", { params: { query } });
      return items.map(({ id }) => id);
    }
    case "deployment": {
      const { items } = await client.get("/api/v1/deployments", { params: { query: { limit: 50 } } });
      return ["last", ...items.map(({ id }) => id)];
    }
    case "saved": {
      const { items } = await client.get("/api/v1/deployments/saved");
      return items.map(({ name }) => name);
    }
    case "script": {
      const { items } = await client.get("/api/v1/scripts");
      return items.map(({ name }) => name);
    }
    case "api-token": {
      const { items } = await client.get("/api/v1/api-tokens", { params: { query } });
      return items.filter(({ state }) => state === "valid").map(({ id }) => id);
    }
  }
}

async function groupNames(client: Client): Promise<readonly string[]> {
  return (await client.get("/api/v1/groups", { params: { query: { limit: MOST } } })).items.map(({ name }) => name);
}

async function placesOf(client: Client): Promise<readonly string[]> {
  return (await client.get("/api/v1/places", { params: { query: { limit: MOST } } })).items.map(({ path }) => path);
}

/** `site:centro`, `lab:aula-1`, as people pick hosts. */
async function placeTerms(client: Client): Promise<readonly string[]> {
  const terms = (await placesOf(client)).map((path) =>
    path.includes("/") ? `lab:${path.slice(path.indexOf("/") + 1)}` : `site:${path}`,
  );
  return [...new Set(terms)];
}
