/** What an access was granted with that a removal ends: who keeps it after all needs an approval for the same options. */
import { expect, test } from 'vitest';
import { beginRemoval } from '../../../../src/engine/access/removals/begin-removal.ts';
import { heldBefore } from '../../../../src/engine/access/removals/keep-paused.ts';
import { testEngine } from '../../../support/engine.ts';

test('the answers of every reason for it count, however many there were', async () => {
  const engine = await testEngine();
  const { actor, newId, stores, transact } = engine;
  const person = await engine.person();
  const integration = await engine.integration({
    form: [
      {
        id: 'ROLE',
        name: 'Role',
        type: 'choice',
        items: [
          { id: 'reader', name: 'Reader' },
          { id: 'owner', name: 'Owner', needs_approval: true },
        ],
      },
    ],
    execute: [{ url: 'http://127.0.0.1:9/', data: { role: '{{ROLE}}' } }],
  });
  const about = { personId: person.id, integrationId: integration.id, version: 1 };
  for (const ROLE of ['owner', ...Array.from({ length: 10 }, () => 'reader')])
    await transact(async (tx) => {
      const id = newId();
      const at = { createdAt: tx.now, decidedAt: tx.now };
      const made = { kind: 'grant', requestedById: person.id, state: 'approved' } as const;
      const content = { reason: '', form: { ROLE }, answers: [], facts: {} };
      await tx.requests.insert({ ...about, ...at, ...made, id }, content);
      const given = {
        source: 'request',
        givenBy: actor,
        startedAt: tx.now,
        requestId: id,
      } as const;
      await tx.holds.insert({ ...about, ...given, id: newId() });
    });
  const cause = { kind: 'revoked' } as const;
  await transact((tx) => beginRemoval(tx, { actor, person, integration, cause }));
  const removal = await engine.removal(person, integration);
  expect((await heldBefore(stores, removal, integration)).options).toEqual(['Owner']);
});
