/** MarcoPolo on the wire, for who answers (agents) and who asks (the server's gateway). Foreign words end there. */
export { asking, type Asking, type MarcoSocket } from "./asking.ts";
export {
  MARCO_GROUPS,
  MARCO_PORT,
  MAX_MARCO_BYTES,
  parseAnswer,
  parseQuestion,
  spaced,
  writeAnswer,
  writeQuestion,
  type Answer,
  type Question,
} from "./datagrams.ts";
export { gatherAnswers, type Gathering } from "./gathering.ts";
export { scalarsOf, ServiceFile, serviceName, userService, type PublishedService, type Scalars } from "./services.ts";
