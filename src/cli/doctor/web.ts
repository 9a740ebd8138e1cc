/** Checks that Latchkey runs, and answers at its public address. */
import type { Config } from '../../config/config.ts';
import { compact } from '../../core/compact.ts';
import { unreachable } from '../../core/unreachable.ts';
import { codeOrReason, type Finding, fine, problem, TIMEOUT_MS, warning } from './finding.ts';

const CHECK = 'Web';

type Answered =
  | { readonly kind: 'ok' }
  | { readonly kind: 'other'; readonly why: string }
  | { readonly kind: 'none'; readonly why: string };

export async function checkWeb(config: Config): Promise<readonly Finding[]> {
  const { host, port, publicUrl, publicUrlIsSet, trustProxy } = config;
  const [here, there] = await Promise.all([
    healthz(`http://${reachable(host)}:${port}`),
    publicUrlIsSet ? healthz(publicUrl) : undefined,
  ]);
  return compact([
    running(here, config),
    there && reached(there, here, publicUrl),
    !there && noPublicUrl,
    publicUrl.startsWith('https:') && trustProxy.length === 0 && noTrustedProxy,
  ]);
}

/** Turns an address to listen on into one to call. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function healthz(base: string): Promise<Answered> {
  try {
    const response = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return response.ok && text.trim() === 'ok'
      ? { kind: 'ok' }
      : { kind: 'other', why: `HTTP ${response.status}` };
  } catch (error) {
    return { kind: 'none', why: codeOrReason(error) };
  }
}

function running(here: Answered, { host, port }: Config): Finding {
  switch (here.kind) {
    case 'ok':
      return fine(CHECK, `Latchkey runs at ${host}, port ${port}`);
    case 'other':
      return problem(
        CHECK,
        `Something else answers at ${host}, port ${port} (${here.why})`,
        'Give Latchkey another PORT, or stop what is there.',
      );
    case 'none':
      return warning(
        CHECK,
        `Latchkey isn't running at ${host}, port ${port}`,
        'Run "latchkey start"; where it runs in a container or on another machine, run the doctor there.',
      );
    default:
      return unreachable(here);
  }
}

function reached(there: Answered, here: Answered, publicUrl: string): Finding {
  if (there.kind === 'ok') return fine(CHECK, `${publicUrl} leads to Latchkey`);
  if (here.kind !== 'ok')
    return warning(
      CHECK,
      `${publicUrl} doesn't lead to Latchkey (${there.why}), which isn't running here`,
      'Start it and run the doctor again.',
    );
  return problem(
    CHECK,
    there.kind === 'other'
      ? `Something else answers at ${publicUrl} (${there.why})`
      : `${publicUrl} can't be reached from this machine (${there.why})`,
    "Check the proxy in front of Latchkey and its name in DNS. Some networks can't call their own public address: then try it from outside.",
  );
}

const noPublicUrl = warning(
  CHECK,
  'There is no public address: links from chat open only on this machine',
  'Set PUBLIC_URL, like PUBLIC_URL=https://latchkey.example.com.',
);

/** Latchkey has no TLS, so there must be a proxy in front of it. */
const noTrustedProxy = warning(
  CHECK,
  'PUBLIC_URL is https, so a proxy is in front, and TRUST_PROXY names none: rate limits treat everyone as one client',
  'Set TRUST_PROXY to the address that the proxy calls from, like TRUST_PROXY=10.0.0.5.',
);
