/** The gateway to DNS-SD over mDNS (RFC 6762, 6763): this server is found by it, and sees who presents itself. */
export { presentByDnsSd } from "./dns-sd.ts";
