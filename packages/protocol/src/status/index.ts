/**
 * Words. The *status* of a host is one document that says what it is and holds: its settings, system, network, packages
 * and services. It is told in *parts*, one for each key of the document. What changes by itself all the time is *live*:
 * shown with the rest, and in no digest and no history. Secrets keep their key and have the value null.
 */
export { MAX_STATUS_BYTES, STATUS, statusNames, statusParts, type Status, type StatusName } from "./parts.ts";
export { StatusFrame } from "./frames.ts";
export { joinLive, Live, splitLive } from "./live.ts";
export { withoutSecrets } from "./secrets.ts";
