import type { QueryPacket, ResponsePacket } from "multicast-dns";

export type Question = NonNullable<QueryPacket["questions"]>[number];
/** A resource record. */
export type Answer = NonNullable<ResponsePacket["answers"]>[number];
