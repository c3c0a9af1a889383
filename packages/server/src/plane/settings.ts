/** What the settings mean to single parts of the plane. Pure. */
import { AtalayaError } from "@atalaya/protocol";
import type { NamedCertificateFiles } from "../platform/pki/named-certificate.ts";
import type { Settings } from "../settings/index.ts";

export const DAY_MS = 86_400_000;

/** The names a client may call this server by: those configured, and every address it can be reached at. */
export function certificateNames(settings: Settings, servers: readonly string[]): readonly string[] {
  const hosts = servers.map((text) => text.slice(0, text.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1"));
  return [...new Set([...settings.names, ...hosts])];
}

/** A key alone is an oversight; a certificate alone may hold its key in the same file. */
export function certificateFiles(
  { certificate, key }: { readonly certificate: string | undefined; readonly key: string | undefined },
  prefix = "",
): NamedCertificateFiles | undefined {
  if (certificate !== undefined) return { certificate, key: key ?? certificate };
  if (key === undefined) return undefined;
  throw new AtalayaError("settings.wrong", `ATALAYA_${prefix}KEY is set, and ATALAYA_${prefix}CERTIFICATE is not.`, {
    next: "Name the certificate that belongs to the key, or neither.",
  });
}

export function boltSettings(settings: Settings) {
  const { boltCertificate, boltKey, boltUplinkCertificate, boltUplinkKey } = settings;
  return {
    certificate: certificateFiles({ certificate: boltCertificate, key: boltKey }, "BOLT_"),
    caFile: settings.boltCa,
    crlFile: settings.boltCrl,
    weak: settings.boltWeak,
    pollMs: settings.boltPollSeconds * 1000,
    beaconMs: settings.boltBeaconSeconds * 1000,
    uplinks: settings.boltUplinks,
    uplinkCertificate: certificateFiles({ certificate: boltUplinkCertificate, key: boltUplinkKey }, "BOLT_UPLINK_"),
  };
}

/** What this tower tells of its settings, in the original's words; no secrets. */
export function towerConfig(settings: Settings) {
  return {
    ...{
      port: settings.towerListen[0]?.port ?? settings.listen[0]?.port ?? null,
      monitorInterval: settings.boltPollSeconds * 1000,
    },
    ...{ beaconValidity: settings.boltBeaconSeconds, listenPort: settings.boltListen[0]?.port ?? 0 },
    ...{ relayPort: settings.relayListen[0]?.port ?? 0, allowRelay: settings.relayListen.length > 0 },
    uplinks: settings.boltUplinks.map(({ host, port: to }) => `${host}:${to}`),
  };
}

export function providerOf(settings: Settings) {
  const { oidcIssuer: issuer, oidcClientId: clientId } = settings;
  if (issuer === undefined) return undefined;
  if (clientId === undefined) {
    throw new AtalayaError("settings.wrong", "ATALAYA_OIDC_ISSUER is set, and ATALAYA_OIDC_CLIENT_ID is not.", {
      next: "Register this server with the provider, and name it as it is called there.",
    });
  }
  return {
    issuer,
    clientId,
    clientSecret: settings.oidcClientSecret,
    provider: settings.oidcName,
    label: settings.oidcLabel ?? settings.oidcName,
    scopes: settings.oidcScopes ?? "openid",
    nameClaim: settings.oidcNameClaim ?? "sub",
    groupsClaim: settings.oidcGroupsClaim ?? "groups",
    accountClaim: settings.oidcAccountClaim,
  };
}

export function guardOf({ guardLabShare, guardApart, guardConcurrent }: Settings) {
  return {
    ...(guardLabShare === undefined ? {} : { labShare: guardLabShare }),
    ...(guardApart.length === 0 ? {} : { apart: guardApart }),
    ...(guardConcurrent === 0 ? {} : { maxConcurrent: guardConcurrent }),
  };
}
