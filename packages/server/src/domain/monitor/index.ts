/**
 * Words. A *sample* is how a host fares at one moment, as its agent says; the *latest* of each is in memory. A host is
 * *watched* while somebody follows it: then samples come every second, otherwise each minute. *History* is an hour of
 * *looks*, ten seconds apart, and a month of means of ten minutes.
 */
export { createMonitorRoom, type MonitorRoom, type MonitorRoomNeeds } from "./monitor.ts";
export { monitorRoutes } from "./monitor.routes.ts";
export { loadTopic, monitorTopic } from "./topics.ts";
