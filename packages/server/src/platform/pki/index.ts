/** Keys and certificates of the fleet. */
export type { ClientRequest, CsrIdentity, IssuedCertificate, Pki, TlsMaterial } from "./pki.ts";
export { openPki } from "./open.ts";
