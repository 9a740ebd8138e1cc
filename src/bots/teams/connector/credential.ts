/** How the bot proves to Microsoft Entra who it is. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { codeOf } from '../../../core/error-code.ts';
import { newId } from '../../../core/ids.ts';
import { unreachable } from '../../../core/unreachable.ts';

export type Credential =
  | { readonly kind: 'secret'; readonly secret: string }
  /** The path of a PEM file with a certificate and its private key. */
  | { readonly kind: 'certificate'; readonly file: string }
  /** The path of a file with a token of another issuer, which the app registration trusts. */
  | { readonly kind: 'federated'; readonly file: string };

/** The bot's app registration. */
export interface BotApp {
  readonly appId: string;
  readonly tenantId: string;
  readonly credential: Credential;
}

/** For the SDK, which takes a client secret only. */
export interface SecretApp {
  readonly appId: string;
  readonly tenantId: string;
  readonly secret: string;
}

export type Proof =
  | { readonly kind: 'fields'; readonly fields: readonly (readonly [string, string])[] }
  /** A sentence without its stop. It names the variable. */
  | { readonly kind: 'unusable'; readonly why: string };

const BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** A certificate with its chain and key has some 10 KB, a token 2 KB. */
const MAX_CHARACTERS = 100_000;
/** "Keep it short - 5-10 minutes after nbf at most." */
const ASSERTION_SECONDS = 300;
/** RFC 7518, section 3.5: PS256 takes no shorter key. */
const MIN_KEY_BITS = 2048;

/**
 * The fields of a token request. Files are read each time, so a renewed certificate or token needs no restart.
 * @param audience the address that the fields are for
 */
export async function proofOf(
  app: BotApp,
  { audience, now }: { readonly audience: string; readonly now: () => number },
): Promise<Proof> {
  const { credential } = app;
  switch (credential.kind) {
    case 'secret':
      return { kind: 'fields', fields: [['client_secret', credential.secret]] };
    case 'certificate': {
      const read = await readCertificate(credential.file);
      if ('why' in read) return { kind: 'unusable', why: `TEAMS_CERTIFICATE_FILE: ${read.why}` };
      return assertion(await signedBy(read, { app, audience, now }));
    }
    case 'federated': {
      const token = await readShort(credential.file);
      if ('why' in token)
        return { kind: 'unusable', why: `TEAMS_FEDERATED_TOKEN_FILE: ${token.why}` };
      return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token.text)
        ? assertion(token.text)
        : { kind: 'unusable', why: 'TEAMS_FEDERATED_TOKEN_FILE: the file holds no token (JWT)' };
    }
    default:
      return unreachable(credential);
  }
}

const assertion = (token: string): Proof => ({
  kind: 'fields',
  fields: [
    ['client_assertion_type', BEARER],
    ['client_assertion', token],
  ],
});

interface Certificate {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

/** "Microsoft identity platform application authentication certificate credentials". */
function signedBy(
  { certificate, key }: Certificate,
  {
    app: { appId },
    audience,
    now,
  }: { readonly app: BotApp; readonly audience: string; readonly now: () => number },
): Promise<string> {
  const seconds = Math.floor(now() / 1000);
  return new SignJWT({ jti: newId() })
    .setProtectedHeader({
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
    })
    .setAudience(audience)
    .setIssuer(appId)
    .setSubject(appId)
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + ASSERTION_SECONDS)
    .sign(key);
}

/** Undefined: the file can't be used, which a request for a token says. */
export async function certificateEnd(file: string): Promise<Date | undefined> {
  const read = await readCertificate(file);
  return 'why' in read ? undefined : new Date(read.certificate.validTo);
}

async function readCertificate(file: string): Promise<Certificate | { readonly why: string }> {
  const pem = await readShort(file);
  if ('why' in pem) return pem;
  const certificate = parsed(() => new X509Certificate(pem.text));
  if (!certificate) return { why: 'the file holds no certificate in PEM' };
  const key = parsed(() => createPrivateKey(pem.text));
  if (!key) return { why: 'the file holds no private key in PEM, or one with a password' };
  if (key.asymmetricKeyType !== 'rsa') return { why: 'its key is not RSA, which Entra asks for' };
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_KEY_BITS)
    return { why: `its RSA key has fewer than ${MIN_KEY_BITS} bits` };
  if (!certificate.checkPrivateKey(key))
    return { why: 'its private key belongs to another certificate' };
  return { certificate, key };
}

/** Node's errors could repeat a part of the file, so we drop them. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

async function readShort(
  file: string,
): Promise<{ readonly text: string } | { readonly why: string }> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text.length > MAX_CHARACTERS ? { why: `${file} is too large` } : { text };
  } catch (error) {
    return { why: `${file} can't be read (${codeOf(error) ?? 'no reason given'})` };
  }
}
