/**
 * Which client of which app the `oauth` of a manifest names. A token belongs to the client that it was given to: it is never sent
 * for a manifest, or with values of `initial_data_form`, that name another one. A new client secret is no other client.
 */
import { isJsonObject } from '../../core/json.ts';
import { t } from '../../core/translate.ts';
import type { ManifestRequest } from '../manifest/request-schema.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { OAuthToken } from '../ports/integration-stores.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { renderText, scopeOf, toText } from '../templates/render.ts';
import { buildVariables } from '../templates/variables.ts';

interface Settings {
  readonly manifest: Pick<Manifest, 'oauth'>;
  /** Values of `initial_data_form`. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Fields of a token request that say who wants which token (RFC 6749, RFC 8707). */
const CLIENT_FIELDS: ReadonlySet<string> = new Set(['client_id', 'scope', 'audience', 'resource']);

/** A text to compare. Undefined without `oauth`. */
export function oauthAppOf({ manifest: { oauth }, secrets }: Settings): string | undefined {
  if (!oauth) return undefined;
  const scope = scopeOf(buildVariables({ secrets }));
  const text = (template: string): string => {
    const rendered = renderText(template, scope);
    return rendered.ok ? rendered.value : template;
  };
  const { authenticateUrl, accessToken, refresh = accessToken } = oauth;
  const tokenUrl = urlIn(text(accessToken.url));
  return JSON.stringify([
    signInAt(text(authenticateUrl)),
    tokenUrl && [tokenUrl.origin, tokenUrl.pathname],
    urlIn(text(refresh.url))?.origin,
    clientOf(accessToken).map(([name, value]) => [name, text(value)]),
  ]);
}

/**
 * Parameters that say how someone signs in, not who gets which token (OpenID Connect Core, RFC 6749, RFC 7636; the last three are
 * Google's).
 */
const ABOUT_SIGNING_IN: ReadonlySet<string> = new Set(
  `prompt display ui_locales max_age acr_values login_hint id_token_hint response_mode state nonce code_challenge
  code_challenge_method access_type approval_prompt include_granted_scopes`.split(/\s+/),
);

/** Where someone signs in, and for which client, in any order of the parameters. */
function signInAt(address: string): unknown {
  const url = urlIn(address);
  if (!url) return address;
  const { origin, pathname, hash, searchParams } = url;
  const parameters = [...searchParams].filter(([name]) => !ABOUT_SIGNING_IN.has(name));
  return [origin, pathname, hash, parameters.map((each) => JSON.stringify(each)).toSorted()];
}

const urlIn = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

function clientOf({ data, headers }: ManifestRequest): readonly (readonly [string, string])[] {
  const fields: [string, string][] = isJsonObject(data)
    ? Object.entries(data).map(([name, value]) => [name, toText(value)])
    : [...new URLSearchParams(toText(data))];
  const user = Object.values(headers).map(
    (value) => /^\s*basic\s+([^:]+):/i.exec(value)?.[1] ?? '',
  );
  return [
    ...fields.filter(([name]) => CLIENT_FIELDS.has(name)),
    ...user.filter(Boolean).map((name) => ['user', name] as const),
  ];
}

/** The token, if it was given to the client that is named now. One that 0.2.0 stored doesn't say whose it is. */
export const tokenFor = (
  app: string | undefined,
  token: OAuthToken | undefined,
): OAuthToken | undefined => (token?.app === undefined || token.app === app ? token : undefined);

/** The same, once it is read. */
export const findToken = async (
  { oauth }: Pick<Stores, 'oauth'>,
  integrationId: string,
  app: string | undefined,
): Promise<OAuthToken | undefined> =>
  app === undefined ? undefined : tokenFor(app, await oauth.find(integrationId));

/** Call it before the manifest or its values change. A token that 0.2.0 stored was given to the client that they name still. */
export async function noteAppOfToken(
  { oauth }: Pick<Stores, 'oauth'>,
  integrationId: string,
  before: Settings,
): Promise<void> {
  const app = oauthAppOf(before);
  const token = app === undefined ? undefined : await oauth.find(integrationId);
  if (token && token.app === undefined) await oauth.save({ ...token, app });
}

export const sayNotConnected = (name: string): string =>
  t`${name} is not connected yet. An admin has to connect it.`;

export const saySignInEnded = (name: string): string =>
  t`${name} rejected the saved sign-in. An admin has to connect it again.`;
