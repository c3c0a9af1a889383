/**
 * Words. A *join token* lets a counted number of machines enrol until it expires. An *enrolment* is one system's
 * standing with us: its key, its certificates, whether it is pending, accepted, rejected or revoked. The *queue* holds
 * those that came without a token and wait for a person. A certificate is *current* once it was seen at a connect; it
 * *supersedes* those issued before it.
 */
export { createEnrolment, type EnrolmentNeeds, type EnrolmentRoom } from "./create.ts";
export { enrolmentRoutes } from "./enrolment.routes.ts";
export { joinTokenRoutes } from "./join-tokens.routes.ts";
export type { AdmittedEnrolment, Enrolments, RevocationListener } from "./enrolments.ts";
export type { EnrolmentSettings } from "./settings.ts";
