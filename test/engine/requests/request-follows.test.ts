import { beforeEach, expect, test } from 'vitest';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { requestTopic } from '../../../src/engine/work/topics.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { requested } from '../../support/given/added.ts';

let engine: TestEngine;

beforeEach(async () => {
  engine = await testEngine();
});

async function automatic(): Promise<Integration> {
  const added = await engine.integration({ execute: [{ url: `${engine.party.url}/users` }] });
  const policy = { ...defaultPolicy, approvers: { kind: 'automatic' as const } };
  return engine.transact((tx) => tx.integrations.save({ ...added, settings: { policy } }));
}

test('the card of a request is refreshed when what it started has ended', async () => {
  engine.party.on('POST /users', { status: 201 });
  const person = await engine.person();
  const integration = await automatic();
  const asked = await requested(engine.transact, {
    actor: engine.actor,
    requester: person,
    integration,
  });
  const subject = requestTopic(asked.id);
  await engine.transact((tx) =>
    tx.messages.put({
      id: 'message-1',
      card: { view: 'request', payload: '{}', topic: subject },
      readerId: person.id,
      address: { platform: 'slack', key: 'direct' },
      shown: '',
      postedAt: engine.now(),
    }),
  );
  await engine.runJobs();
  expect(engine.chat).toContainEqual({
    name: 'message.refresh',
    payload: { messageId: 'message-1' },
  });
});
