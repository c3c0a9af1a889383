/** Whether certificates of this server's own CAs still hold, for listeners where an operator has listed those CAs. */
import type { X509Certificate } from "node:crypto";
import type { FailureCode } from "@atalaya/protocol";
import type { Enrolments } from "../domain/enrolment/index.ts";
import type { Activation } from "../gateways/activation/index.ts";
import type { OwnCertificates } from "../gateways/tower/index.ts";

export function ownCertificates({
  enrolments,
  activation,
}: {
  readonly enrolments: Pick<Enrolments, "refusal" | "onRevoked">;
  readonly activation: Pick<Activation, "refusal" | "onDismissed">;
}): OwnCertificates {
  return {
    async refusal(certificate: X509Certificate): Promise<FailureCode | undefined> {
      return (await enrolments.refusal(certificate)) ?? (await activation.refusal(certificate));
    },
    onRevoked(listener) {
      const both = new DisposableStack();
      both.use(enrolments.onRevoked((enrolment, _code, keep) => keep === undefined && listener(enrolment)));
      both.use(activation.onDismissed(listener));
      return both;
    },
  };
}
