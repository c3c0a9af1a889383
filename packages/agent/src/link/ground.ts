import { AtalayaError, type Welcome } from "@atalaya/protocol";
import type { Enrolled, IdentityFiles } from "../enrol/identity.ts";
import { ticketSigner, type TicketGround } from "../tickets/tickets.ts";

/** Takes the welcome at its word as far as it may: the epoch never falls, the tickets' signer is of our CA. */
export async function groundOf(
  welcome: Welcome,
  enrolled: Enrolled,
  epoch: number,
  identity: IdentityFiles,
): Promise<TicketGround> {
  if (welcome.enrolment !== enrolled.enrolment)
    throw new AtalayaError("frame.unexpected", "it is for another enrolment");
  if (welcome.epoch < epoch)
    throw new AtalayaError("link.old-epoch", `its epoch ${welcome.epoch} is older than ${epoch}`);
  const serverNow = serverClock(welcome.now);
  const signer = ticketSigner(welcome.ticketCertificate, enrolled.ca, serverNow());
  if (welcome.epoch > epoch) await identity.keepEpoch(welcome.epoch);
  return { enrolment: enrolled.enrolment, epoch: welcome.epoch, signer, serverNow };
}

/** Server time by our monotonic clock, from the welcome on: setting this machine's clock changes nothing. */
function serverClock(now: number): () => number {
  const at = performance.now();
  return () => now + (performance.now() - at);
}
