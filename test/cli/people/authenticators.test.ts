import { beforeEach, expect, test } from 'vitest';
import { CommandError } from '../../../src/cli/command-error.ts';
import { confirmTheirs } from '../../../src/cli/people/authenticators.ts';
import { beginEnrolment, proveAuthenticator } from '../../../src/engine/step-up/enrol.ts';
import { checkOf } from '../../../src/engine/step-up/totp.ts';
import { type TestEngine, testEngine } from '../../support/engine.ts';
import { codeAt } from '../../support/given/authenticator.ts';
import { present } from '../../support/given/outcomes.ts';
import { capturedOutput } from '../captured.ts';

let engine: TestEngine;
beforeEach(async () => {
  engine = await testEngine();
});

test('the operator confirms the authenticator whose characters its person read out, and no other', async () => {
  const person = await engine.person();
  const key = await engine.transact(async (tx) => {
    const page = { id: tx.newId(), personId: person.id, openedAt: tx.now };
    const begun = present(await beginEnrolment(tx, page));
    const typed = codeAt(begun.key, tx.now);
    await proveAuthenticator(tx, { id: begun.id, personId: person.id, typed });
    return begun.key;
  });
  const { output, stdout } = capturedOutput();
  const session = { ...engine, output };
  const confirm = (check: string) => confirmTheirs({ person, check }, session);
  await expect(confirm('zzzzz')).rejects.toThrow(CommandError);
  const states = async () =>
    (await engine.stores.authenticators.of(person.id)).map(({ state }) => state);
  expect(await states()).toEqual(['proven']);
  await confirm(checkOf(key));
  expect(await states()).toEqual(['active']);
  expect(stdout()).toContain('counts now');
});
