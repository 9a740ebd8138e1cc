import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMailer, isMailPlain, whyNoMail } from '../../src/mail/smtp.ts';
import { CERTIFICATE, KEY } from '../support/peers/certificate.ts';
import { type MailServer, startMailServer } from '../support/peers/mail-server.ts';

let server: MailServer;
beforeEach(async () => {
  server = await startMailServer();
});
afterEach(() => server.stop());

const FROM = 'Latchkey <it@example.com>';
const mail = { id: 'd-1', to: 'ann@example.com', subject: 'Hi', text: 'Hello' };
const send = (smtpUrl: string, about: Partial<typeof mail> = {}) =>
  createMailer({ smtpUrl, from: FROM }).send({ ...mail, ...about });
const whyOf = async (sending: ReturnType<typeof send>): Promise<[kind: string, why: string]> => {
  const sent = await sending;
  return [sent.kind, 'why' in sent ? sent.why : ''];
};

test('a sender that is refused can be mended, so the mail waits', async () => {
  server.refusals.set('it@example.com', 550);
  const [kind, why] = await whyOf(send(server.url));
  expect(kind).toBe('later');
  expect(why).toContain('no such mailbox here');
});

test('a wrong password can be mended, too, and is not repeated', async () => {
  const url = server.url.replace('smtp://', 'smtp://latchkey:hunter2-secret@');
  const [kind, why] = await whyOf(send(url));
  expect(kind).toBe('later');
  expect(why).toContain("An admin has to check Latchkey's mail settings.");
  expect(why).not.toContain('hunter2');
});

test('a server that is not there is named to people without codes, and to operators with one', async () => {
  await server.stop();
  const { url } = server;
  const [, why] = await whyOf(send(url));
  expect(why).toBe(
    "We couldn't reach the mail server. If this continues, an admin has to check Latchkey's mail settings.",
  );
  expect(await whyNoMail(url)).toMatch(/mail settings\. \(E[A-Z]+\)$/);
});

test('a server that hangs up in the middle leaves the mail waiting', async () => {
  const rude = createServer((socket) => socket.end('220 hello\r\n'));
  rude.listen(0, '127.0.0.1');
  await once(rude, 'listening');
  const { port } = rude.address() as AddressInfo;
  expect((await send(`smtp://127.0.0.1:${port}`)).kind).toBe('later');
  rude.close();
});

/**
 * A server that offers nothing, answers each command as it should, and gets the whole message.
 * @param end what it does then
 * @param toRecipient what it says to each recipient
 */
async function bareServer(end: (socket: Socket) => void, toRecipient = '250 ok'): Promise<string> {
  const said = new Map([
    ['EHLO', '250 ok\r\n'],
    ['RCPT', `${toRecipient}\r\n`],
    ['DATA', '354 go on\r\n'],
  ]);
  const bare = createServer((socket) => {
    socket.write('220 hello\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (String(data).endsWith('\r\n.\r\n')) end(socket);
      else socket.write(said.get(String(data).slice(0, 4)) ?? '250 ok\r\n');
    });
    socket.on('close', () => bare.close());
  });
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  return `smtp://127.0.0.1:${(bare.address() as AddressInfo).port}`;
}

test('a server that hangs up when it has the whole message may have taken it, which is said', async () => {
  expect(await send(await bareServer((socket) => socket.destroy()))).toEqual({
    kind: 'later',
    why: 'The connection to the mail server broke before it answered, so this email may or may not have arrived.',
    isDoubtful: true,
  });
  const refused = await send(await bareServer((socket) => socket.end('451 not now\r\n')));
  expect(refused).not.toHaveProperty('isDoubtful');
});

test.each([
  ['530 5.7.1 Client was not authenticated', 'later'],
  ['554 5.7.1 <ann@example.com>: Relay access denied', 'later'],
  ['550 5.7.1 Unable to relay', 'later'],
  ['550 5.1.1 No such user', 'refused'],
  ['554 5.7.1 Rejected by policy', 'refused'],
])('a server that says "%s" to a recipient: %s', async (answer, kind) => {
  const url = await bareServer((socket) => socket.destroy(), answer);
  expect(await whyOf(send(url))).toEqual([kind, expect.stringContaining(answer)]);
});

test.each(['Latchkey: IT', 'Latchkey; IT', 'Latchkey, Inc', '"Latchkey, Inc"'])(
  'the name of the sender may be %s',
  async (name) => {
    const mailer = createMailer({ smtpUrl: server.url, from: `${name} <it@example.com>` });
    expect(await mailer.send(mail)).toEqual({ kind: 'sent' });
    const plain = name.replaceAll('"', '');
    expect((await server.first).from).toBe(`"${plain}" <it@example.com>`);
  },
);

test.each(['smtp', 'smtps'])(
  'a server over %s with a certificate that nobody vouches for is reached, but gets nothing',
  async (scheme) => {
    const secured = new SMTPServer({
      secure: scheme === 'smtps',
      authOptional: true,
      key: KEY,
      cert: CERTIFICATE,
    });
    secured.on('error', () => undefined); // The client goes away.
    secured.listen(0, '127.0.0.1');
    await once(secured.server, 'listening');
    const { port } = secured.server.address() as AddressInfo;
    const url = `${scheme}://127.0.0.1:${port}`;
    const [kind, why] = await whyOf(send(url));
    expect(kind).toBe('later');
    expect(why).toContain('could not be encrypted, so nothing was sent.');
    expect(await whyNoMail(url)).toContain('(DEPTH_ZERO_SELF_SIGNED_CERT)');
    await new Promise<void>((resolve) => secured.close(resolve));
  },
);

test('a server that hangs is given four mails and no fifth, so that it can not take all of the worker', async () => {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => sockets.add(socket));
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: FROM });
  const hanging = Array.from({ length: 4 }, () => mailer.send(mail));
  expect(await mailer.send(mail)).toMatchObject({ kind: 'busy', afterMs: 1000 });
  while (sockets.size < 4) await once(mute, 'connection');
  for (const socket of sockets) socket.destroy();
  for (const sending of hanging) expect((await sending).kind).toBe('later');
  mute.close();
});

test('what is no address is refused for good', async () => {
  expect((await whyOf(send(server.url, { to: 'nobody at all' })))[0]).toBe('refused');
});

test.each([
  'ann@example.com, mallory@example.com',
  'ann@example.com; mallory@example.com',
  'Team: ann@example.com, mallory@example.com;',
  'Ann <mallory@example.com>',
])('a list of addresses gets nothing: %s', async (to) => {
  expect((await whyOf(send(server.url, { to })))[0]).toBe('refused');
  expect(server.mails).toEqual([]);
});

/** Every address of this machine but loopback ones is one of another machine, as far as encryption is concerned. */
const OUTER = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

test.skipIf(OUTER === undefined)(
  'a server that offers no encryption gets nothing, unless it is this machine or the address says so',
  async () => {
    const commands: string[] = [];
    const said = new Map([
      ['STAR', '502 no STARTTLS here\r\n'],
      ['DATA', '354 go on\r\n'],
      ['QUIT', '221 bye\r\n'],
    ]);
    const relay = createServer((socket) => {
      socket.write('220 hello\r\n');
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        const command = String(data).slice(0, 4).toUpperCase().trim();
        commands.push(command);
        socket.write(said.get(command) ?? '250 ok\r\n');
      });
    });
    relay.listen(0, '0.0.0.0');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    const [kind, why] = await whyOf(
      send(`smtp://${OUTER}:${port}?requireTLS=false&ignoreTLS=true`),
    );
    expect(kind).toBe('later');
    expect(why).toContain('could not be encrypted');
    expect(commands).not.toContain('MAIL');
    expect((await send(`smtp://${OUTER}:${port}?tls=off`)).kind).toBe('sent');
    expect((await send(`smtp://127.0.0.1:${port}`)).kind).toBe('sent');
    relay.close();
  },
);

test.each([
  ['smtp://relay.example.com?tls=off', true],
  ['smtp://relay.example.com', false],
  ['smtps://relay.example.com', false],
])('whether %s sends in the clear is %s', (url, isPlain) => {
  expect(isMailPlain(url)).toBe(isPlain);
});

test('no value begins a header, another recipient or a file', async () => {
  await send(server.url, {
    subject: 'Hi\r\nBcc: mallory@example.com',
    text: '.\r\nRCPT TO:<mallory@example.com>\r\n.\r\nfile:///etc/passwd',
  });
  expect(server.mails).toHaveLength(1);
  expect(server.mails[0]).toMatchObject({
    to: ['ann@example.com'],
    text: '.\nRCPT TO:<mallory@example.com>\n.\nfile:///etc/passwd',
  });
});
