/**
 * Words. *Marco* asks who is there, *Polo* answers; a *grid* is a multicast group of machines that know each other; a
 * *service* is what a machine, or an account on it, publishes. Foreign words of the ancestor's discovery end here.
 */
export { openMarcoPolo, type MarcoPolo, type MarcoPoloNeeds } from "./marcopolo.ts";
