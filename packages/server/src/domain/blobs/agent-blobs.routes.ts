import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import type { Enrolments } from "../enrolment/index.ts";
import { blobAnswer } from "./answer.ts";
import type { BlobsRoom } from "./blobs.ts";
import { Sha256 } from "./blobs.routes.ts";
import type { HostKey, SystemKey } from "../fleet/index.ts";
import type { BlobNames } from "./names.ts";
import { readRange } from "./ranges.ts";

export interface AgentBlobsNeeds {
  readonly blobs: BlobsRoom;
  readonly names: BlobNames;
  readonly enrolments: Pick<Enrolments, "admit">;
  /** The live link of an enrolment: whose it is, and through which waypoints it comes. */
  readonly linkOf: (enrolment: string) => CarriedLink | undefined;
}

export interface CarriedLink {
  readonly host: HostKey;
  readonly system: SystemKey;
  readonly via?: readonly string[];
}

const Enrolment = z.string().max(64);

/**
 * `/blobs` at the agents' door, where the handshake has proved who asks: a host reads what its unfinished runs name.
 * Not part of the API for people and programs, so it is mounted by itself; nobody has an API token there.
 */
export function agentBlobs({ blobs, names, enrolments, linkOf }: AgentBlobsNeeds) {
  return routes().openapi(
    route({
      method: "get",
      path: "/blobs/{sha256}",
      operationId: "getBlobForRun",
      permission: "public",
      summary: "A blob that a run of this host names",
      tags: ["agents"],
      params: z.object({ sha256: Sha256 }),
      query: z.object({
        run: z.string().max(64),
        for: Enrolment.optional().describe("Whose run it is, where a waypoint asks that carries its link."),
        by: Enrolment.optional().describe("Who asked that waypoint."),
      }),
      headers: z.object({ range: z.string().max(64).optional() }),
      responses: { 200: { raw: "application/octet-stream" } },
    }),
    async (c) => {
      const { peer } = c.var;
      if (peer.door !== "link" || peer.certificate === undefined) {
        throw new AtalayaError("certificate.unknown", "Blobs of runs are given to agents only.");
      }
      // Every request: the certificate of a connection that stays open may have been revoked meanwhile.
      const asker = await enrolments.admit(peer.certificate);
      const { sha256 } = c.req.valid("param");
      const query = c.req.valid("query");
      const reader = query.for === undefined ? asker : carriedBy(asker.id, query.for, query.by ?? query.for);
      if (!(await names.wantedBy(sha256, query.run, { host: reader.host, system: reader.system }))) {
        throw new AtalayaError("blob.unknown", "No unfinished run of this host names such a blob.");
      }
      const range = readRange(c.req.valid("header").range);
      return blobAnswer(await blobs.readForRun(sha256, range), range, sha256, c.req.raw.method) as never;
    },
  );

  /** A waypoint reads what those may read whose link goes through it now, for them or for a waypoint before it. */
  function carriedBy(asker: string, owner: string, by: string): CarriedLink {
    const link = linkOf(owner);
    const isOnTheWay = (one: string): boolean => link?.via?.includes(one) === true;
    if (link === undefined || !isOnTheWay(asker) || (by !== owner && !isOnTheWay(by)))
      throw new AtalayaError("waypoint.forbidden", "The link of that host does not come through this waypoint.");
    return link;
  }
}
