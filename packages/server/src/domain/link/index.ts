/**
 * Words. A *link* is the one connection an agent dials to us. Its *epoch* grows each time the same enrolment connects
 * anew; commands of older epochs are refused. A *stranger* is a connection that has not said hello; the *gate* lets so
 * many hellos through at once. A *turn* is one process of an agent as long as no other was seen: two that take turns
 * are *clones*. To *drain* is to send all agents away with a time to come back.
 * A *stream* is bytes both ways in a WebSocket of its own, which an agent dials when it is asked to over its link.
 *
 * A host has one link, here or at another server, or none; `of` knows those here. Whoever has work for a host without
 * a link here leaves it in the store: the server that holds the link finds it there, hurried by the bus.
 */
export { createLinks, type LinkNeeds, type LinkRoom } from "./create.ts";
export type { Link, LinkListener, Links, RunFrame, SideFrame } from "./links.ts";
export type { LinkSettings } from "./settings.ts";
export type { ByteStream } from "./byte-stream.ts";
export { createStreams, type StreamAsk, type Streams, type StreamsNeeds } from "./streams.ts";
