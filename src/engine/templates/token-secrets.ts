/** The secrets in the token answer of an app. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** Keys of a token answer that never hold a secret. */
const PUBLIC_TOKEN_KEYS =
  /^(token_type|expires?(_in|_at)?|scopes?|issued_token_type|code_challenge_method)$/i;
const SECRET_TOKEN_KEYS = /token|secret|password|assertion|code|key|jwt|credential/i;
/** An opaque text this long is a credential, whatever its key. Names and words are shorter or have spaces. */
const OPAQUE = /^[^\s/:@]{24,}$/;

/** More than any app sends. It is a limit because every text is searched for each of them. */
const MAX_TOKEN_SECRETS = 100;

/** Longer than any real token, and short enough to search for. A token answer with a longer one is refused. */
export const MAX_TOKEN_CHARACTERS = 16 * 1024;

/** The secrets in a saved token answer, by name, for `redactor`. */
export function tokenSecrets(answer: Json, name = 'oauth'): Readonly<Record<string, string>> {
  const secrets = isJsonObject(answer) ? [...secretsIn(answer, name)] : [];
  return Object.fromEntries(secrets.slice(0, MAX_TOKEN_SECRETS));
}

function* secretsIn(
  answer: JsonObject,
  prefix: string,
): Generator<readonly [name: string, value: string]> {
  for (const [key, value] of Object.entries(answer)) {
    const name = `${prefix}.${key}`;
    if (isJsonObject(value)) yield* secretsIn(value, name);
    else if (typeof value === 'string' && !PUBLIC_TOKEN_KEYS.test(key))
      if (SECRET_TOKEN_KEYS.test(key) || OPAQUE.test(value)) yield [name, value];
  }
}
