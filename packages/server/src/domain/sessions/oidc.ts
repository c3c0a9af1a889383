/** An identity provider (OpenID Connect, authorization code with PKCE). What is under way is kept by the browser, sealed. */
import { hkdfSync } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import * as openid from "openid-client";
import { z } from "zod";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { sealText, unsealText } from "../../platform/sealing.ts";
import type { Person } from "../users/index.ts";
import { personOf, type ClaimNames, type Claims } from "./claims.ts";

export interface OidcSettings extends ClaimNames {
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: string;
}

/** Where the provider sends the browser next, and what the browser keeps until then. */
export interface Departure {
  readonly url: string;
  readonly kept: string;
}

export interface Oidc {
  readonly provider: string;
  readonly label: string;
  /** `redirectUri` is ours, as the provider knows it; `to` is where the browser goes in the end. */
  begin(redirectUri: string, to: string): Promise<Departure>;
  /**
   * `url` is what the provider sent the browser to. Throws `identity.wrong-credentials` when it proves nobody, and
   * `identity.provider-unavailable`.
   */
  finish(url: URL, kept: string | undefined): Promise<{ readonly person: Person; readonly to: string }>;
}

export interface OidcNeeds {
  readonly settings: OidcSettings;
  /** Of the installation, 32 bytes. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
}

/** People look for their passwords in between. */
export const UNDER_WAY_MS = 10 * 60_000;
const PATIENCE_S = 10;

const UnderWay = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUri: z.string(),
  to: z.string(),
  until: z.int(),
});

export function createOidc({ settings, key: installation, clock, log }: OidcNeeds): Oidc {
  const { provider, label, issuer, clientId, clientSecret, scopes } = settings;
  const key = new Uint8Array(hkdfSync("sha256", installation, "", "atalaya sessions oidc", 32));
  const context = `oidc ${provider}`;
  let discovered: Promise<openid.Configuration> | undefined;

  /** Asked once; a provider that was away is asked again. */
  function configuration(): Promise<openid.Configuration> {
    discovered ??= discover().catch((cause: unknown) => {
      discovered = undefined;
      throw unavailable(cause);
    });
    return discovered;
  }

  async function discover(): Promise<openid.Configuration> {
    const url = new URL(issuer);
    // oxlint-disable-next-line typescript/no-deprecated -- marked so that nobody uses it unawares
    const execute = isLoopback(url) ? [openid.allowInsecureRequests] : [];
    const authentication = clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret);
    return openid.discovery(url, clientId, clientSecret, authentication, { execute, timeout: PATIENCE_S });
  }

  function unavailable(cause: unknown): AtalayaError {
    log.warn({ err: cause, issuer }, "the identity provider does not answer as it should");
    return new AtalayaError("identity.provider-unavailable", `${label} does not answer as it should.`, {
      cause,
      next: "Try again; the server's log has the reason.",
    });
  }

  function opened(kept: string | undefined) {
    try {
      const text = unsealText(Buffer.from(kept ?? "", "base64url"), key, context);
      const underWay = UnderWay.parse(JSON.parse(text));
      return underWay.until > clock.now() ? underWay : undefined;
    } catch {
      return undefined;
    }
  }

  /** Claims of the token, which is signed, over those that the provider answers besides. */
  async function claimsOf(
    config: openid.Configuration,
    tokens: Awaited<ReturnType<typeof openid.authorizationCodeGrant>>,
  ) {
    const claims = tokens.claims();
    if (claims === undefined) throw refused("the provider sent no ID token");
    const more =
      config.serverMetadata().userinfo_endpoint === undefined
        ? {}
        : await openid.fetchUserInfo(config, tokens.access_token, claims.sub);
    return { ...more, ...claims } as Claims;
  }

  return {
    provider,
    label,
    async begin(redirectUri, to) {
      const config = await configuration();
      const [state, nonce, verifier] = [openid.randomState(), openid.randomNonce(), openid.randomPKCECodeVerifier()];
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: scopes,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
      });
      const underWay = { state, nonce, verifier, redirectUri, to, until: clock.now() + UNDER_WAY_MS };
      return {
        url: url.href,
        kept: Buffer.from(sealText(JSON.stringify(underWay), key, context)).toString("base64url"),
      };
    },
    async finish(url, kept) {
      const underWay = opened(kept);
      if (underWay === undefined) throw refused("nothing is under way in this browser, or it took too long");
      const config = await configuration();
      const { state, nonce, verifier, redirectUri, to } = underWay;
      const current = new URL(redirectUri);
      current.search = url.search;
      try {
        const tokens = await openid.authorizationCodeGrant(config, current, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const person = personOf(await claimsOf(config, tokens), settings);
        if (person === undefined) throw refused("the provider names nobody");
        return { person, to };
      } catch (error) {
        if (error instanceof AtalayaError) throw error;
        // No answer at all is nobody's attempt.
        if (isOutage(error)) throw unavailable(error);
        throw refused((error as Error).message, error);
      }
    },
  };
}

function refused(why: string, cause?: unknown): AtalayaError {
  return new AtalayaError("identity.wrong-credentials", "The identity provider's answer proves nobody.", {
    cause: cause ?? new Error(why),
    next: "Begin again at the sign-in page.",
  });
}

function isOutage(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return error instanceof TypeError || code === "OAUTH_TIMEOUT" || code === "OAUTH_RESPONSE_IS_NOT_CONFORM";
}

/** For providers on the server's own machine, and tests: everywhere else it is HTTPS. */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}
