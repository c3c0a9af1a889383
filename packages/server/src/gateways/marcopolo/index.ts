/** The gateway to MarcoPolo: foreign words (Marco, Polo, grid) end here; inside they are sightings. */
export { watchMarcoPolo } from "./marcopolo.ts";
