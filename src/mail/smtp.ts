/** Sends email over SMTP. */
import type { Transporter } from 'nodemailer';
import { MINUTE_MS } from '../core/hours.ts';
import { isLoopbackHost } from '../core/network/loopback.ts';
import { sentences, t } from '../core/translate.ts';
import { oneAddress } from '../engine/people/person-details.ts';
import type { Mail, Mailer, Sending } from '../engine/ports/sending.ts';

export interface SmtpOptions {
  /**
   * `smtp://` or `smtps://`, with user and password when the server wants them. `?tls=off` is for a relay in our own
   * network that can't encrypt.
   */
  readonly smtpUrl: string;
  /** `latchkey@example.com`, or with a name. */
  readonly from: string;
}

/** For the connection and the server's greeting. */
const CONNECT_MS = 10_000;
/** Between two answers of the server. */
const SILENCE_MS = 20_000;
/** For the whole exchange. It is less than a delivery's lease. */
const SEND_MS = MINUTE_MS;

/** Concurrent emails: servers accept few connections from one client, and a server that hangs must not block the whole worker. */
const AT_ONCE = 4;
const BUSY_PAUSE_MS = 1000;

/** Opens a connection for each email. There are few, and an old connection may be dead. */
export function createMailer({ smtpUrl, from }: SmtpOptions): Mailer {
  const host = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'latchkey.invalid';
  let underWay = 0;
  return {
    async send({ id, to, subject, text }: Mail): Promise<Sending> {
      if (oneAddress(to) === undefined)
        return {
          kind: 'refused',
          why: t`It needs exactly one email address, so nothing was sent. Correct the address.`,
        };
      if (underWay === AT_ONCE)
        return {
          kind: 'busy',
          why: t`The mail server is already handling ${AT_ONCE} emails; this one is queued.`,
          afterMs: BUSY_PAUSE_MS,
        };
      underWay += 1;
      let transport: Transporter | undefined;
      let isHandedOver = false;
      try {
        transport = await connectionTo(smtpUrl, () => {
          isHandedOver = true;
        });
        await inTime(
          transport.sendMail({
            from: senderOf(from),
            to: { name: '', address: to }, // As an object, since a text would be parsed as a list.
            subject,
            text,
            messageId: `<${id}@${host}>`,
            // Prevents automatic replies.
            headers: { 'Auto-Submitted': 'auto-generated' },
            disableFileAccess: true,
            disableUrlAccess: true,
          }),
        );
        return { kind: 'sent' };
      } catch (error) {
        return failureOf(error, isHandedOver);
      } finally {
        underWay -= 1;
        transport?.close();
      }
    },
  };
}

/** As an object, since a text would be parsed: a colon in the name begins a list, and a semicolon ends one. */
function senderOf(from: string): { readonly name: string; readonly address: string } {
  const { name = '', address = from } =
    /^\s*"?(?<name>[^<]*?)"?\s*<(?<address>[^<>]+)>\s*$/.exec(from)?.groups ?? {};
  return { name, address: address.trim() };
}

/** Connects and signs in, but sends nothing. @returns why that fails, for operators: a sentence, with the library's code */
export async function whyNoMail(smtpUrl: string): Promise<string | undefined> {
  const transport = await connectionTo(smtpUrl);
  try {
    await inTime(transport.verify());
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind === 'sent') return undefined;
    const { code, originalCode } = detailsOf(error);
    const said = originalCode || code;
    return sentences(failure.why, typeof said === 'string' && `(${said})`);
  } finally {
    transport.close();
  }
}

/** Whether emails and their secrets go over the network unencrypted. */
export const isMailPlain = (smtpUrl: string): boolean => securityOf(new URL(smtpUrl)).ignoreTLS;

/**
 * Over `smtp://` the connection begins unencrypted, and an attacker could remove the server's offer to encrypt. So we
 * require encryption, unless the server is this machine or `tls=off` says that it can't.
 */
function securityOf(url: URL): { readonly requireTLS: boolean; readonly ignoreTLS: boolean } {
  const isOff = url.searchParams.get('tls') === 'off' && url.protocol === 'smtp:';
  return { requireTLS: !isOff && !isLoopbackHost(url.hostname), ignoreTLS: isOff };
}

/** Parameters that an address must not have: nodemailer would read them as options and prefer them. */
const OUR_OPTIONS = ['tls', 'secure', 'requireTLS', 'ignoreTLS', 'opportunisticTLS'];

/** @param onHandedOver the whole message is on its way. Only the library's log says so */
async function connectionTo(smtpUrl: string, onHandedOver = () => {}): Promise<Transporter> {
  const { createTransport } = (await import('nodemailer')).default; // Many send no email.
  const url = new URL(smtpUrl);
  const security = securityOf(url);
  for (const name of OUR_OPTIONS) url.searchParams.delete(name);
  return createTransport({
    url: url.search === '' ? smtpUrl.replace(/\?.*$/s, '') : url.href,
    ...security,
    logger: {
      info: (entry?: { readonly tnx?: string }) => entry?.tnx === 'message' && onHandedOver(),
    },
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
  });
}

class TooSlow extends Error {
  readonly code = 'ETIMEDOUT';
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooSlow(`The mail server took too long`)), SEND_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What Node says where it and the server don't agree on TLS, or no one vouches for the certificate. */
const OF_TLS = /CERT|SIGNATURE|TLS|SSL|EPROTO/;

const MUST_SIGN_IN = 530;
/** How servers say that they send nothing for us. Not the name of a mailbox. */
const OF_RELAY = /\brelay(?:ing)?\b(?![\w.+-]*@)/i;

/** A refusal of this recipient or this message is permanent. Every other failure may be temporary. */
function failureOf(error: unknown, isHandedOver = false): Sending {
  const { code, originalCode, command, responseCode, response } = detailsOf(error);
  const said = response !== undefined && t`Its answer: ${firstLine(response)}`;
  if (code === 'EAUTH')
    return {
      kind: 'later',
      why: sentences(
        t`The mail server rejected Latchkey's user and password.`,
        said,
        t`An admin has to check Latchkey's mail settings.`,
      ),
    };
  if (!isHandedOver && (code === 'ETLS' || OF_TLS.test(originalCode)))
    return {
      kind: 'later',
      why: t`The connection to the mail server could not be encrypted, so nothing was sent. An admin has to check Latchkey's mail settings.`,
    };
  // A refused sender, or one that has to sign in first, is a wrong setting. After the fix the message is sent.
  const isSetting =
    command === 'MAIL FROM' || responseCode === MUST_SIGN_IN || OF_RELAY.test(response ?? '');
  const ofMessage = (code === 'EENVELOPE' || code === 'EMESSAGE') && !isSetting;
  if (ofMessage && (responseCode === undefined || responseCode >= 500))
    return {
      kind: 'refused',
      why: sentences(
        t`The mail server rejected this message.`,
        said,
        t`Check whether the address is right.`,
      ),
    };
  if (response !== undefined)
    return {
      kind: 'later',
      why: sentences(t`The mail server isn't accepting it right now.`, said),
    };
  if (isHandedOver)
    return {
      kind: 'later',
      why: t`The connection to the mail server broke before it answered, so this email may or may not have arrived.`,
      isDoubtful: true,
    };
  return {
    kind: 'later',
    why: t`We couldn't reach the mail server. If this continues, an admin has to check Latchkey's mail settings.`,
  };
}

function detailsOf(error: unknown): {
  readonly code?: unknown;
  /** Node's own, where the library has another one for it. Empty: none. */
  readonly originalCode: string;
  readonly command?: unknown;
  readonly responseCode?: number;
  readonly response?: string;
} {
  if (!(error instanceof Error)) return { originalCode: '' };
  const originalCode = 'originalCode' in error ? String(error.originalCode) : '';
  const code = 'code' in error ? error.code : undefined;
  const command = 'command' in error ? error.command : undefined;
  const responseCode =
    'responseCode' in error && typeof error.responseCode === 'number'
      ? error.responseCode
      : undefined;
  const response =
    'response' in error && typeof error.response === 'string' ? error.response : undefined;
  return { code, originalCode, command, responseCode, response };
}

const SHOWN_OF_ANSWER = 200;
const firstLine = (answer: string): string =>
  answer
    .split(/[\r\n]/, 1)
    .join('')
    .slice(0, SHOWN_OF_ANSWER);
