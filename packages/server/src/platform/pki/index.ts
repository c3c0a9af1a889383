/** Keys and certificates of the fleet. */
export type {
  ClientRequest,
  CsrIdentity,
  IssuedCertificate,
  NamedCertificate,
  Pki,
  StatementSigner,
  TlsMaterial,
} from "./pki.ts";
export { openPki } from "./open.ts";
