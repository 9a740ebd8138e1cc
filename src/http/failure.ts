/** Turns network errors into sentences for people. They name only the host, since the rest of a URL may hold secrets. */
import { t } from '../core/translate.ts';
import type { HttpFailure } from '../engine/ports/http.ts';
import { RefusedAddress } from './address-guard.ts';
import { ProxyRefused } from './proxy.ts';

type Code = HttpFailure['code'];

export const failure = (code: Code, message: string, maySent: boolean): HttpFailure => ({
  kind: 'failed',
  code,
  message,
  maySent,
});

/** @param url of the refused request; the fix names what to add to the list */
export function refusedAddress(url: URL, sentBefore: boolean): HttpFailure {
  // Where an app leads there, nobody has chosen that address: it may be what an attacker wants to have opened.
  return sentBefore
    ? failure(
        'bad-redirect',
        t`The request was redirected to ${url.host}, which is at a private address. Only if your company has that host and this is intended, add it to ALLOW_PRIVATE_HOSTS.`,
        true,
      )
    : failure(
        'private-address',
        t`${url.host} is at a private address, and Latchkey calls only public ones. If this is intended, add ${url.host} to ALLOW_PRIVATE_HOSTS.`,
        false,
      );
}

export function tooLarge({ host }: URL, maxBytes: number): HttpFailure {
  return failure(
    'too-large',
    t`The answer from ${host} is larger than ${inWords(maxBytes)}. Request less at a time.`,
    true,
  );
}

export function noAnswerInTime({ host }: URL, timeoutMs: number, maySent: boolean): HttpFailure {
  return failure(
    'timeout',
    t`${host} did not answer within ${timeoutMs / 1000} seconds. Try again later.`,
    maySent,
  );
}

export function noConnectionInTime({ host }: URL, sentBefore: boolean): HttpFailure {
  return neverMade(
    t`Latchkey couldn't connect to ${host} in time. Check the address, or try again later.`,
    sentBefore,
  );
}

/** `no-connection` means that nothing was sent, so a write may be retried. After a redirect that isn't true. */
function neverMade(message: string, sentBefore: boolean): HttpFailure {
  return failure(sentBefore ? 'connection-lost' : 'no-connection', message, sentBefore);
}

/** @param error from Node or got */
export function networkFailure(
  error: unknown,
  {
    url,
    connected,
    sentBefore,
  }: {
    readonly url: URL;
    /** Whether the request may have been sent on this connection. */
    readonly connected: boolean;
    /** Whether an earlier hop of the same exchange was sent. */
    readonly sentBefore: boolean;
  },
): HttpFailure {
  if (causesOf(error).some((each) => each instanceof RefusedAddress))
    return refusedAddress(url, sentBefore);
  const refusal = causesOf(error).find((each) => each instanceof ProxyRefused);
  if (refusal) return neverMade(whyNoTunnel(refusal, url), sentBefore);
  const code = codeOf(error);
  if (connected) return lost(code, url);
  if (/CERT|ALTNAME|SELF_SIGNED|ISSUER|SIGNATURE/.test(code))
    return badCertificate(whyBadCertificate(code, url), sentBefore);
  return neverConnected(code, url, sentBefore);
}

/** Behind a redirect the first host may have carried a write out. */
const badCertificate = (message: string, sentBefore: boolean): HttpFailure =>
  failure(sentBefore ? 'connection-lost' : 'bad-certificate', message, sentBefore);

function whyBadCertificate(code: string, { host }: URL): string {
  if (code === 'CERT_HAS_EXPIRED')
    return t`The certificate of ${host} has expired (${code}). It has to be renewed there.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return t`The certificate of ${host} is for another name (${code}). Check the address.`;
  if (/SELF_SIGNED|ISSUER|LEAF_SIGNATURE|UNTRUSTED/.test(code))
    return t`The certificate of ${host} is from no authority that Latchkey trusts (${code}). If it is your company's own, name that authority in NODE_EXTRA_CA_CERTS.`;
  return t`The certificate of ${host} is not valid (${code}). Check the address; if it is right, the certificate has to be renewed there.`;
}

function neverConnected(code: string, { host }: URL, sentBefore: boolean): HttpFailure {
  if (!/^(ENOTFOUND|ENODATA|EAI_)/.test(code))
    return neverMade(whyNoConnection(code, host), sentBefore);
  return sentBefore
    ? failure(
        'bad-redirect',
        t`The request was redirected to ${host}, and that name could not be found.`,
        true,
      )
    : failure(
        'unknown-host',
        t`The name ${host} could not be found. Check the URL for typos.`,
        false,
      );
}

function whyNoTunnel({ status }: ProxyRefused, { host }: URL): string {
  if (status === 407)
    return t`The proxy in HTTPS_PROXY needs a user and password, or rejects the ones it has. Set them in HTTPS_PROXY.`;
  if (status === undefined)
    return t`The server in HTTPS_PROXY doesn't answer like a proxy. Check its address and port.`;
  return t`The proxy in HTTPS_PROXY didn't connect to ${host} (HTTP ${status}). Allow that host in the proxy, or add it to NO_PROXY.`;
}

function whyNoConnection(code: string, host: string): string {
  if (code === 'ECONNREFUSED') {
    return t`${host} refused the connection. Check the address and whether its server is running.`;
  }
  if (/^(EPROTO|ERR_SSL|ERR_TLS)/.test(code)) {
    return t`${host} does not answer with https. Check the address and its port.`;
  }
  return code === ''
    ? t`Latchkey couldn't connect to ${host}. Check the address, or try again later.`
    : t`Latchkey couldn't connect to ${host} (${code}). Check the address, or try again later.`;
}

/** Of an answer in an encoding that was not asked for. */
export const UNKNOWN_ENCODING = 'UNKNOWN_ENCODING';

function lost(code: string, { host }: URL): HttpFailure {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return failure('too-large', t`The headers of the answer from ${host} are too large.`, true);
  }
  // An answer that ends within its headers was cut off. With every other parser error it was never HTTP.
  if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') {
    return failure(
      'connection-lost',
      t`${host} answered with something that is not HTTP. Check the address and its port.`,
      true,
    );
  }
  if (/^(Z_|ERR__ERROR|ERR_BROTLI|ERR_ZSTD)/.test(code) || code === UNKNOWN_ENCODING) {
    return failure(
      'connection-lost',
      t`The answer from ${host} is damaged: it could not be unpacked. Try again later.`,
      true,
    );
  }
  return failure(
    'connection-lost',
    t`The connection to ${host} broke before the answer was complete. Try again later.`,
    true,
  );
}

function causesOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let each = error; each instanceof Error && chain.length < 10; each = each.cause)
    chain.push(each);
  return chain;
}

function codeOf(error: unknown): string {
  const codes = causesOf(error).map((each) => (each as { code?: unknown }).code);
  // got adds its own codes when the cause has none.
  const code = codes.find((each) => typeof each === 'string' && !each.startsWith('ERR_GOT'));
  return typeof code === 'string' ? code : '';
}

function inWords(bytes: number): string {
  const mebibyte = 1024 * 1024;
  return bytes >= mebibyte ? `${Math.floor(bytes / mebibyte)} MiB` : `${bytes} bytes`;
}
