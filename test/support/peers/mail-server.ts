/** A real SMTP server on 127.0.0.1 that keeps what it takes, and refuses what a test wants refused. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { keepPort } from '../../../demo/free-port.ts';

export interface ReceivedMail {
  readonly to: readonly string[];
  readonly messageId: string;
  readonly subject: string;
  readonly from: string;
  readonly text: string;
}

export interface MailServer {
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** The first one; waits for it. */
  readonly first: Promise<ReceivedMail>;
  /** SMTP statuses by recipient or sender: who has one is refused with it. Nobody's password is right. */
  readonly refusals: Map<string, number>;
  /** Nobody listens any more. */
  stop(): Promise<void>;
  /** Listens again, at the same address. */
  start(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const refusals = new Map<string, number>();
  let server: SMTPServer | undefined;
  let port = 0;
  let arrived: (mail: ReceivedMail) => void = () => undefined;
  const first = new Promise<ReceivedMail>((resolve) => {
    arrived = resolve;
  });

  const refusalOf = (address: string): Error | null => {
    const responseCode = refusals.get(address);
    const error = new Error(`<${address}>: no such mailbox here`);
    return responseCode === undefined ? null : Object.assign(error, { responseCode });
  };

  const create = (): SMTPServer =>
    new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('Who are you?')),
      onMailFrom: ({ address }, _session, done) => done(refusalOf(address)),
      onRcptTo: ({ address }, _session, done) => done(refusalOf(address)),
      onData(stream, { envelope }, done) {
        void take(stream, envelope.rcptTo).finally(done);
      },
    });

  async function take(
    stream: Readable,
    rcptTo: readonly { readonly address: string }[],
  ): Promise<void> {
    const to = rcptTo.map(({ address }) => address);
    const mail = readMail(await readAll(stream), to);
    mails.push(mail);
    arrived(mail);
  }

  async function start(): Promise<void> {
    server = create();
    // Clients that go away in the middle are none of its business.
    server.on('error', () => undefined);
    const { server: socket } = server;
    server.listen(port, '127.0.0.1');
    await once(socket, 'listening');
    port = (socket.address() as AddressInfo).port;
  }
  async function stop(): Promise<void> {
    const stopping = server;
    server = undefined;
    if (!stopping) return;
    await keepPort(stopping.server); // A test may go on, or start it again.
    await new Promise<void>((resolve) => stopping.close(() => resolve()));
  }

  await start();
  return { url: `smtp://127.0.0.1:${port}`, mails, first, refusals, start, stop };
}

/** As much of a mail as Latchkey's own need: plain text, seven bits or quoted-printable. */
function readMail(raw: string, to: readonly string[]): ReceivedMail {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const header = (name: string): string =>
    new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'im').exec(head)?.[1]?.replaceAll('\r\n', '') ??
    '';
  const text = body.join('\r\n\r\n').replace(/\r\n$/, '').replaceAll('\r\n', '\n');
  const isQuoted = /quoted-printable/i.test(header('Content-Transfer-Encoding'));
  return {
    to,
    messageId: header('Message-ID'),
    subject: header('Subject'),
    from: header('From'),
    text: isQuoted ? unquote(text) : text,
  };
}

const unquote = (text: string): string =>
  Buffer.from(
    text
      .replaceAll('=\n', '')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
