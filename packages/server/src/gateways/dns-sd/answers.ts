/** How this server presents itself by DNS-SD (RFC 6763). Pure. */
import type { Answer, Question } from "./records.ts";

export const SERVER_SERVICE = "_atalaya._tcp.local";
const ALL_SERVICES = "_services._dns-sd._udp.local";
/** RFC 6762, section 10: names of hosts live two minutes, everything else 75. */
const HOST_TTL_S = 120;
const TTL_S = 4_500;

export interface Presence {
  /** One label: the host name. */
  readonly name: string;
  readonly port: number;
  /** IPv4, of the card that the question came by. */
  readonly address: string;
}

/** What to answer to these questions; empty: nothing of it is ours. Who trusts it must know the fleet's CA from elsewhere. */
export function answersTo(questions: readonly Question[], { name, port, address }: Presence): readonly Answer[] {
  const instance = `${name}.${SERVER_SERVICE}`;
  const host = `${name}.local`;
  const ours: readonly Answer[] = [
    { name: ALL_SERVICES, type: "PTR", ttl: TTL_S, data: SERVER_SERVICE },
    { name: SERVER_SERVICE, type: "PTR", ttl: TTL_S, data: instance },
    { name: instance, type: "SRV", ttl: HOST_TTL_S, data: { port, target: host, priority: 0, weight: 0 } },
    { name: instance, type: "TXT", ttl: TTL_S, data: ["path=/"] },
    { name: host, type: "A", ttl: HOST_TTL_S, data: address },
  ];
  const asked = ours.filter((answer) =>
    questions.some(
      (question) =>
        question.name.toLowerCase() === answer.name.toLowerCase() &&
        (question.type === answer.type || (question.type as string) === "ANY"),
    ),
  );
  // Who asks for the service needs the rest too, in one packet (RFC 6763, section 12).
  return asked.some(({ name: of }) => of === SERVER_SERVICE) ? ours.slice(1) : asked;
}
