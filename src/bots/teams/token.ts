/**
 * Checks that a request comes from the Bot Connector. Its token must be for this bot and for the address that wants the
 * answers. We check it before we read the request's body.
 */
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { SigningKeys } from './signing-keys.ts';

export type Verdict =
  | {
      readonly ok: true;
      /** The activity must name this address. */
      readonly serviceUrl: string;
    }
  | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly status: 401 | 403 | 503;
  /** For the log. It contains nothing of the token. */
  readonly why: string;
}

interface TokenDeps {
  readonly appId: string;
  readonly tenantId: string;
  readonly keys: Pick<SigningKeys, 'find'>;
  /** In milliseconds. */
  readonly now: () => number;
}

/** Azure's name for the Teams channel. */
const CHANNEL = 'msteams';
const ISSUER = 'https://api.botframework.com';
/** For a bot of a single tenant. Also for these issuers only the Bot Framework's signature counts. */
const tenantIssuers = (tenantId: string) => [
  `https://sts.windows.net/${tenantId}/`,
  `https://login.microsoftonline.com/${tenantId}/v2.0`,
];
/** "Industry-standard clock-skew is 5 minutes." */
const LEEWAY_SECONDS = 300;

const claims = z.looseObject({ serviceurl: z.string().min(1) });

export class ConnectorTokens {
  readonly #deps: TokenDeps;

  constructor(deps: TokenDeps) {
    this.#deps = deps;
  }

  async judge(authorization: string | undefined): Promise<Verdict> {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return refused(401, 'it brings no token');
    const id = keyIdOf(token);
    if (id === undefined) return refused(401, 'its token is none that the Bot Framework makes');
    const found = await this.#deps.keys.find(id);
    if (found.kind === 'unavailable')
      return refused(503, "the Bot Framework's keys could not be fetched");
    if (found.kind === 'unknown') return refused(401, 'its token is signed with an unknown key');
    const { key, endorsements } = found.key;
    const { appId, tenantId, now } = this.#deps;
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['RS256'],
        issuer: [ISSUER, ...tenantIssuers(tenantId)],
        audience: appId,
        requiredClaims: ['exp'],
        clockTolerance: LEEWAY_SECONDS,
        currentDate: new Date(now()),
      });
      if (!endorsements.includes(CHANNEL))
        return refused(403, 'its token is signed with a key that is not for Teams');
      const { data } = claims.safeParse(payload);
      return data
        ? { ok: true, serviceUrl: data.serviceurl }
        : refused(403, 'its token names no service address');
    } catch (error) {
      if (error instanceof errors.JOSEError)
        return refused(401, `its token does not hold (${error.code})`);
      throw error;
    }
  }
}

/** The key id of a token that isn't verified yet. Undefined when it can't be a Bot Framework token. */
function keyIdOf(token: string): string | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === 'RS256' && typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined; // jose throws for a text that is no token.
  }
}

const activitySchema = z.looseObject({
  serviceUrl: z.string(),
  conversation: z.looseObject({ tenantId: z.string().nullish() }).nullish(),
  channelData: z
    .looseObject({ tenant: z.looseObject({ id: z.string().nullish() }).nullish() })
    .nullish(),
});

/**
 * Why we refuse an activity with a valid token: its answers would go elsewhere, or it comes from another tenant.
 * Undefined when we take it.
 */
export function refusesSigned(
  body: unknown,
  { serviceUrl, tenantId }: { readonly serviceUrl: string; readonly tenantId: string },
): Refusal | undefined {
  const { data: activity } = activitySchema.safeParse(body);
  if (!activity) return refused(403, 'it is no activity');
  if (activity.serviceUrl !== serviceUrl)
    return refused(403, 'its service address is not the one of its token');
  const tenants = [activity.conversation?.tenantId, activity.channelData?.tenant?.id].filter(
    (tenant) => tenant !== undefined && tenant !== null,
  );
  if (tenants.length === 0) return refused(403, 'it says no tenant');
  return tenants.every((tenant) => tenant.toLowerCase() === tenantId.toLowerCase())
    ? undefined
    : refused(403, 'it comes from another tenant');
}

const refused = (status: Refusal['status'], why: string): Refusal => ({ ok: false, status, why });
