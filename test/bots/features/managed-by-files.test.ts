import { beforeEach, expect, test } from 'vitest';
import { bundleCard } from '../../../src/bots/features/bundles/bundle-card.ts';
import { ruleCard } from '../../../src/bots/features/rules/rule-card.ts';
import { sequenceCard } from '../../../src/bots/features/sequences/sequence-card.ts';
import { makeBundle } from '../../../src/engine/bundles/change-bundle.ts';
import type { ThingKind } from '../../../src/engine/configuration/managed.ts';
import { makeRule } from '../../../src/engine/rules/change-rule.ts';
import { makeSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../support/chat.ts';

const ADA = 'ada@example.com';
const by = { actor: { kind: 'system' } } as const;
let chat: TestChat;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, role: 'admin' });
});

const manage = (kind: ThingKind, id: string) =>
  chat.database.transact((tx) =>
    tx.managedThings.put({ kind, id, file: `${kind}s/x.json`, appliedAt: tx.now }),
  );

const SAYS = 'What you change here is put back when the files are applied again';

test('the card of a bundle, a rule and a sequence says that files manage it, and which', async () => {
  const typed = { name: 'Basics', description: '', tags: '' };
  const bundle = await chat.database.transact((tx) => makeBundle(tx, typed, by));
  const definition = { matching: 'all', conditions: [], daysBefore: 0, overlapDays: 1 } as const;
  const rule = await chat.database.transact((tx) => makeRule(tx, { name: 'R', definition }, by));
  const wanted = { name: 'S', anchor: 'assignment', isForEveryHire: false } as const;
  const sequence = await chat.database.transact((tx) => makeSequence(tx, wanted, by));
  if (!bundle.ok || !rule.ok || !sequence.ok) throw new Error('Something was not made');
  const reader = await liveReader(chat, ADA);
  const ids = { bundleId: bundle.bundle.id, ruleId: rule.value.id, sequenceId: sequence.value.id };
  const shown = async () => [
    textOf(await bundleCard.render(JSON.stringify({ bundleId: ids.bundleId, page: 0 }), reader)),
    textOf(await ruleCard.render(JSON.stringify({ ruleId: ids.ruleId }), reader)),
    textOf(
      await sequenceCard.render(JSON.stringify({ sequenceId: ids.sequenceId, page: 0 }), reader),
    ),
  ];
  expect((await shown()).join()).not.toContain(SAYS);
  await manage('bundle', ids.bundleId);
  await manage('rule', ids.ruleId);
  await manage('sequence', ids.sequenceId);
  const [first, second, third] = await shown();
  expect(first).toContain(`Managed by files: bundles/x.json. ${SAYS}`);
  expect(second).toContain('Managed by files: rules/x.json.');
  expect(third).toContain('Managed by files: sequences/x.json.');
});
