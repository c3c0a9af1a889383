/**
 * The live stream pulls from the store and is only hurried by the bus, so it has neither gaps nor duplicates: a topic
 * is a cursor that reads what was committed after it.
 */
import type { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import type { Permission } from "../../api/permissions.ts";
import type { Subject } from "../../platform/bus/bus.ts";

/** A revision or a sequence number; what is meant is the topic's to say. */
export type Cursor = number;

export interface Batch {
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** Where to go on. Sent to the client with the batch, so that it can resume. */
  readonly cursor: Cursor;
  /** It ends within what was one commit: the cursor stands before that, and the rest follows. */
  readonly part?: boolean;
  /** There is more to read right now. */
  readonly more: boolean;
  /** Nothing will ever follow (a final run's output, all sent). */
  readonly done?: boolean;
}

export interface Topic<Params extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly params: Params;
  readonly permission: Permission;
  /** Throws when there is no such thing or this actor may not see it. `since` absent: from the beginning. */
  open(params: z.output<Params>, since: Cursor | undefined, actor: Actor): Promise<TopicReader>;
}

export interface TopicReader {
  /** Bus subjects that make reading worthwhile. */
  readonly subjects: readonly Subject[];
  /** What was committed after `cursor`, in order, bounded in bytes. */
  read(cursor: Cursor | undefined): Promise<Batch>;
}
