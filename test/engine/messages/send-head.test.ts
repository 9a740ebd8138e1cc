/** The signed head of the audit log leaves Latchkey once a day, to where an admin says. */
import { beforeEach, expect, test } from 'vitest';
import { settingsEvents } from '../../../src/bots/features/settings/on-events.ts';
import {
  aboutHead,
  headSource,
  lastHeadSent,
  mailHead,
} from '../../../src/engine/messages/send-head.ts';
import type { Mail } from '../../../src/engine/ports/sending.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { readHead } from '../../../src/engine/work/audit-head.ts';
import { dispatch } from '../../../src/engine/work/on-event.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { verifyAudit } from '../../../src/engine/work/verify-audit.ts';
import { DAY, type TestEngine, testEngine } from '../../support/engine.ts';
import { fire } from '../../support/tick.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine({ onEvent: dispatch(settingsEvents) });
  await sealAudit({ ...engine, pause: async () => undefined });
});

const set = (headsTo: string | undefined) =>
  engine.transact((tx) => changeWorkspaceSettings(tx, { headsTo }));
const tick = () => fire(engine, [headSource('UTC')]);

test('it goes nowhere until an admin says where', async () => {
  expect(await tick()).toBe(0);
});

test('one sealed entry is said as one', () => {
  expect(aboutHead(1)).toContain('1 entry of the audit log is sealed.');
  expect(aboutHead(2)).toContain('2 entries of the audit log are sealed.');
});

test('it comes with the notices once a day, and verifies the log', async () => {
  await set('notices');
  await tick();
  await tick();
  await engine.runJobs();
  const [notice, ...others] = engine.notices;
  expect(others).toEqual([]);
  const head = readHead(notice?.payload ?? '');
  expect(head).toBeDefined();
  expect((await verifyAudit(engine.stores.auditChain, { heads: head && [head] })).changes).toEqual(
    [],
  );
  expect(await lastHeadSent(engine.stores)).toEqual({ seq: head?.seq, at: engine.now() });
  await engine.later(DAY);
  expect(await tick()).toBe(1);
});

test('it goes by email to an address outside', async () => {
  await set('auditor@example.org');
  const sent: Mail[] = [];
  const mailer = {
    async send(mail: Mail) {
      sent.push(mail);
      return { kind: 'sent' } as const;
    },
  };
  await mailHead({ ...engine, mailer, pause: async () => undefined });
  expect(sent.map(({ to }) => to)).toEqual(['auditor@example.org']);
  const head = readHead(sent[0]?.text ?? '');
  expect(head?.seq).toBeGreaterThan(0);
  expect(await lastHeadSent(engine.stores)).toEqual({ seq: head?.seq, at: engine.now() });
});

test.each([
  [
    'refuses',
    { send: async () => ({ kind: 'refused', why: 'No such mailbox.' }) as const },
    'No such mailbox.',
  ],
  [
    'may have lost',
    { send: async () => ({ kind: 'unknown', why: 'It hung up.' }) as const },
    'It hung up.',
  ],
  ['is not there to send', undefined, 'Email is not set up.'],
])(
  'admins are told of one that the mail server %s, and it does not count as sent',
  async (_what, mailer, why) => {
    await set('auditor@example.org');
    await mailHead({ ...engine, mailer, pause: async () => undefined });
    expect(await lastHeadSent(engine.stores)).toBeUndefined();
    await engine.runJobs();
    expect(engine.notices).toMatchObject([
      { payload: expect.stringContaining(JSON.stringify(why)) as string },
    ]);
  },
);
