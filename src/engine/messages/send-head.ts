/** Sends the signed head of the audit log once a day to where an admin says, so that someone keeps it outside of Latchkey. */
import { z } from 'zod';
import { dayIn, startOfDay } from '../../core/days.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import type { Mailer } from '../ports/sending.ts';
import type { Time } from '../ports/time-and-chance.ts';
import type { Stores, Transaction, UnitOfWork } from '../ports/unit-of-work.ts';
import { readSetting } from '../settings/read-setting.ts';
import { WITH_NOTICES } from '../settings/settings.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import { type Head, headLine, signedHead } from '../work/audit-head.ts';
import type { Source } from '../work/due.ts';

/** @param timeZone the installation's zone, which decides when a day begins; an IANA name */
export const headSource = (timeZone: string): Source => ({
  name: 'audit-head',
  async *due(stores, now) {
    if ((await workspaceSettings(stores)).headsTo === undefined) return;
    const day = dayIn(timeZone, now);
    yield { subject: day, at: startOfDay(day, timeZone) };
  },
  async fire(tx) {
    const { headsTo } = await workspaceSettings(tx);
    if (headsTo === undefined) return;
    if (headsTo !== WITH_NOTICES)
      return tx.queue.push('audit.mail-head', {}, { lane: 'chat', key: 'audit.mail-head' });
    const head = await signedHead(tx.auditChain);
    if (!head) return;
    await tx.emit({ kind: 'audit-head', line: headLine(head), seq: head.seq });
    await noteSent(tx, head);
  },
});

const KEY = 'audit-head-sent';
const sent = z.object({ seq: z.number(), at: z.number() });

/** Which head was sent last, and when the mail server or the queue of chat took it. */
export interface HeadSent {
  readonly seq: number;
  readonly at: Date;
}

export async function lastHeadSent({
  settings,
}: Pick<Stores, 'settings'>): Promise<HeadSent | undefined> {
  const found = await settings.find(KEY);
  const last = readSetting(sent.optional(), found?.value, undefined);
  return last && { seq: last.seq, at: new Date(last.at) };
}

async function noteSent(tx: Transaction, { seq }: Head): Promise<void> {
  const before = await tx.settings.find(KEY);
  const value = JSON.stringify({ seq, at: tx.now.getTime() } satisfies z.input<typeof sent>);
  await tx.settings.save(KEY, before?.version ?? 0, value);
}

export interface MailingHead extends Pick<Time, 'pause'> {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  /** Undefined where mail is off. */
  readonly mailer: Mailer | undefined;
}

/** @throws {HeadNotSent} for a mail server that may take it later: the queue tries again */
export async function mailHead({ stores, transact, mailer, pause }: MailingHead): Promise<void> {
  const { headsTo } = await workspaceSettings(stores);
  const head = await signedHead(stores.auditChain);
  if (headsTo === undefined || headsTo === WITH_NOTICES || !head) return;
  const notSent = (why: string) =>
    transact((tx) => tx.emit({ kind: 'audit-head-not-sent', to: headsTo, why }));
  if (!mailer) return notSent(t`Email is not set up.`);
  const mail = {
    id: `audit-head-${head.seq}-${head.link}`,
    to: headsTo,
    subject: t`Latchkey: head of the audit log`,
    text: [aboutHead(head.seq), headLine(head)].join('\n\n'),
  };
  for (;;) {
    const sending = await mailer.send(mail);
    if (sending.kind === 'later') throw new HeadNotSent(sending.why);
    if (sending.kind === 'sent') await transact((tx) => noteSent(tx, head));
    if (sending.kind === 'refused' || sending.kind === 'unknown') await notSent(sending.why);
    if (sending.kind !== 'busy') return;
    await pause(sending.afterMs);
  }
}

/** What the line is for, for the person who gets it. */
export const aboutHead = (seq: number): string =>
  plural(seq, {
    one: t`1 entry of the audit log is sealed. Keep the line below: "latchkey verify --audit --head" finds with it whether it was changed or cut off later.`,
    other: t`${sayNumber(seq)} entries of the audit log are sealed. Keep the line below: "latchkey verify --audit --head" finds with it whether any of them was changed or cut off later.`,
  });

class HeadNotSent extends Error {
  readonly code = 'head-not-sent';
  constructor(why: string) {
    super(`The head of the audit log was not sent: ${why}`);
    this.name = 'HeadNotSent';
  }
}
