import { beforeEach, describe, expect, test } from 'vitest';
import { cards } from '../../../../src/bots/features/features.ts';
import {
  cancelDeferredRun,
  cancelRunRetry,
  retryRunNow,
} from '../../../../src/bots/features/runs/retry-run.ts';
import { runCard } from '../../../../src/bots/features/runs/run-card.ts';
import { showRunDetails } from '../../../../src/bots/features/runs/run-details.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { startGrant } from '../../../../src/engine/access/grant.ts';
import { isOpenRemoval, proveGone } from '../../../../src/engine/access/removals/removal.ts';
import { firstToken } from '../../../../src/engine/calls/token-answer.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import {
  block,
  fail,
  lease,
  type Run,
  type RunIn,
  refuse,
  type Step,
  succeed,
  wait,
} from '../../../../src/engine/runs/run.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { begunRemoval } from '../../../support/removals.ts';

let chat: TestChat;
let boss: Person;
let run: RunIn<'running'>;

beforeEach(async () => {
  chat = await testChat();
  boss = await chat.person({ email: 'boss@example.com', firstName: 'Bo', lastName: 'Ross' });
  const person = await chat.person({
    email: 'ann@example.com',
    firstName: 'Ann',
    managerEmail: boss.email,
  });
  const id = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  const integration = present(await chat.services.stores.integrations.find(id));
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  const started = await chat.services.transact((tx) =>
    startGrant(tx, { actor, person, integration, form: {} }),
  );
  if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
  run = lease(
    started.run,
    { workerId: 'w1', newestManifestVersionId: started.run.manifestVersionId },
    chat.services.now(),
  );
});

const now = () => chat.services.now();
const save = (next: Run) => chat.services.transact((tx) => tx.runs.save(next));
const putStep = (more: Partial<Step>) =>
  chat.services.transact((tx) =>
    tx.runs.putSteps([
      {
        runId: run.id,
        attempt: 1,
        index: 0,
        method: 'POST',
        url: 'https://api.example.com/u',
        state: 'done',
        tries: 1,
        startedAt: now(),
        warnings: [],
        ...more,
      },
    ]),
  );
const cardFor = (reader: Person, runId = run.id): Promise<Card> =>
  cards.find('run').render(runCard.with({ runId }).payload, {
    reader,
    stores: chat.services.stores,
    now,
    timeZone: 'Europe/Oslo',
    scheduleZone: 'UTC',
  });
const shown = async (reader = boss, runId = run.id) => textOf(await cardFor(reader, runId));

test('that has not begun says that it will', async () => {
  expect(await shown()).toContain('… Granting Fernboard to Ann\nIt starts in a moment.');
});

test("that waits says until when, in the reader's time", async () => {
  await save(wait(run, new Date('2026-11-25T09:05:00Z'), 'It answered with status 429.'));
  expect(await shown()).toContain(
    'Waiting for an answer from Fernboard. It continues on 25 Nov 2026, 10:05.',
  );
});

test('what the app answered is for admins; others read what it means', async () => {
  const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  await putStep({ state: 'failed', status: 500 });
  await save(
    fail(run, { code: 'http-status', message: 'It answered with status 500.', step: 0 }, now()),
  );
  expect(await shown(ada)).toContain('It answered with status 500. Next try:');
  expect(await shown()).toContain(
    'Fernboard refused it, or has a problem. A Latchkey admin can see why. Next try:',
  );
});

test('that succeeded says who granted it, and when', async () => {
  await putStep({ status: 201 });
  await save(succeed(run, now()));
  expect(await shown()).toBe('✓ Ann now has Fernboard\nGranted by Bo Ross on 25 Nov 2026, 10:00.');
});

test('that succeeded and was revoked since says what was, and not that they have it', async () => {
  await putStep({ status: 201 });
  await save(succeed(run, now()));
  chat.clock += 60_000;
  const admin = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const person = present(await chat.services.stores.people.find(run.personId));
  const { id } = await begunRemoval(chat, person, run.integrationId, admin);
  expect(await shown()).toContain('✓ Ann now has Fernboard');
  await chat.services.transact(async (tx) => {
    const removal = await tx.removals.find(id);
    if (!removal || !isOpenRemoval(removal)) throw new Error('There is no open removal');
    await tx.removals.save(proveGone(removal, { kind: 'confirmed', at: now() }, false));
  });
  expect(await shown()).toContain('✓ Fernboard was granted to Ann\nGranted by Bo Ross on');
  expect(await shown()).not.toContain('now has');
});

test('that revoked what was granted again since does not say that they have it no more', async () => {
  await putStep({ status: 201 });
  const revoke = await save(succeed({ ...run, kind: 'revoke' }, now()));
  await chat.database.db('runs').where({ id: run.id }).update({ kind: 'revoke' });
  expect(await shown()).toContain('✓ Ann no longer has Fernboard');
  chat.clock += 60_000;
  const { stores, transact } = chat.services;
  const person = present(await stores.people.find(run.personId));
  const integration = present(await stores.integrations.find(run.integrationId));
  await transact(async (tx) => {
    const granting = { actor: { kind: 'system' }, person, integration, form: {} } as const;
    const started = await startGrant(tx, granting);
    if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
    const { manifestVersionId: newestManifestVersionId } = started.run;
    const leased = lease(started.run, { workerId: 'w1', newestManifestVersionId }, now());
    await tx.runs.save(succeed(leased, now()));
  });
  expect(await shown(boss, revoke.id)).toContain('✓ Fernboard was revoked from Ann');
});

test('that failed once says when it runs again, and offers both ways', async () => {
  await putStep({ state: 'failed', status: 500, responseText: 'x'.repeat(700) });
  await save(
    fail(run, { code: 'http-status', message: 'It answered with status 500.', step: 0 }, now()),
  );
  const text = await shown();
  expect(text).toContain('Next try: 25 Nov 2026, 11:00');
  expect(text).toContain('[Retry now] [Cancel retry]');
  expect(text).not.toContain('POST');
});

describe('has technical details', () => {
  beforeEach(() => putStep({ state: 'failed', status: 500, responseText: 'x'.repeat(700) }));

  test('which an admin opens: each request, and what the app answered', async () => {
    await save(fail(run, { code: 'http-status', message: 'It failed.', step: 0 }, now()));
    const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
    const button = buttonOf(await cardFor(ada), 'Technical details');
    expect(textOf(await new Clicker(chat, ada.email).presses(button))).toMatch(
      /^Technical details: Fernboard for Ann\n✗ 1\. POST https:\/\/api\.example\.com\/u · status 500\nResponse: x{600} … and 100 more characters$/,
    );
  });

  test('which a manager neither sees nor opens', async () => {
    expect(await shown(boss)).not.toContain('Technical details');
    const forged = await new Clicker(chat, boss.email).presses(
      showRunDetails.with({ runId: run.id }),
    );
    expect(forged.title).toBe("You can't see technical details");
  });
});

test('that found no token has technical details, too: what the app said to its renewal', async () => {
  const detail = 'The app answered with status 500.';
  await save(fail(run, { code: 'no-token', message: 'It failed.', step: 0 }, now()));
  const { transact } = chat.services;
  await transact((tx) =>
    tx.oauth.put({
      ...firstToken(run.integrationId, { access_token: 'a' }, now()),
      failure: { at: now(), why: detail },
    }),
  );
  const ada = await chat.person({ email: 'ada@example.com', role: 'admin' });
  const button = buttonOf(await cardFor(ada), 'Technical details');
  expect(textOf(await new Clicker(chat, ada.email).presses(button))).toBe(
    `Technical details: Fernboard for Ann\n${detail}`,
  );
});

test('whose retry lacks an answer offers to be tried again, which asks for it', async () => {
  const error = { code: 'answers-missing', message: 'It asks for "Team" by now.' } as const;
  await save(fail({ ...run, attempt: 2 }, error, now()));
  const text = await shown();
  expect(text).toContain('It asks for "Team" by now. Nothing was sent this time. Try again');
  expect(text).toContain('[Try again…]');
});

test('that was blocked says that Latchkey does not retry it', async () => {
  await save(block(run, { code: 'not-matched', message: 'Not yet.', step: 0 }, now()));
  expect(await shown()).toContain("Latchkey won't retry");
});

test('is hidden from someone who may no longer manage the person', async () => {
  const other = await chat.person({ email: 'other@example.com' });
  expect(await shown(other)).toContain("You can't see this run any more");
});

describe('of a grant with other answers that waits behind it', () => {
  const other = async () => {
    const { stores, transact } = chat.services;
    const [person, integration] = await Promise.all([
      stores.people.find(run.personId),
      stores.integrations.find(run.integrationId),
    ]);
    if (!person || !integration) throw new Error('They are gone');
    const wish = { actor: run.startedBy, person, integration, form: { TEAM: 'design' } };
    return ofKind('deferred', await transact((tx) => startGrant(tx, wish))).run.id;
  };
  const press = async (runId: string, email: string) => {
    const { payload } = cancelDeferredRun.with({ runId });
    const reply = await cancelDeferredRun.press(payload, await chat.turn(email));
    return reply.kind === 'say' ? textOf(reply.card) : reply.kind;
  };

  test('says what it waits for, and offers to cancel', async () => {
    const text = await shown(boss, await other());
    expect(text).toContain(
      '… Fernboard for Ann is waiting to start\nIt starts when another grant of Fernboard for Ann has finished.',
    );
    expect(text).toContain('[Cancel]');
  });

  test('Cancel ends it, and a second click is answered with silence', async () => {
    const id = await other();
    expect(await press(id, boss.email)).toBe('nothing');
    expect(await chat.services.stores.runs.find(id)).toMatchObject({ state: 'cancelled' });
    expect(await press(id, boss.email)).toBe('nothing');
  });

  test('is cancelled by nobody else', async () => {
    await chat.person({ email: 'other@example.com', role: 'manager' });
    expect(await press(await other(), 'other@example.com')).toContain("You can't");
  });

  test('says why it could not start', async () => {
    const id = await other();
    const waiting = await chat.services.stores.runs.find(id);
    if (waiting?.state !== 'deferred') throw new Error('It does not wait');
    await save(refuse(waiting, 'Fernboard is turned off.', now()));
    expect(await shown(boss, id)).toContain(
      "It couldn't start on 25 Nov 2026, 10:00: Fernboard is turned off.",
    );
  });
});

describe('while it waits for its retry', () => {
  const press = async (action: typeof retryRunNow, email: string) => {
    const { payload } = action.with({ runId: run.id });
    const reply = await action.press(payload, await chat.turn(email));
    return reply.kind === 'say' ? textOf(reply.card) : reply.kind;
  };
  beforeEach(async () => {
    await save(fail(run, { code: 'http-status', message: 'No.', step: 0 }, now()));
  });
  const current = () => chat.services.stores.runs.find(run.id);

  test('Retry now makes it due at once', async () => {
    expect(await press(retryRunNow, boss.email)).toBe('nothing');
    expect(await current()).toMatchObject({ state: 'retrying', dueAt: now() });
  });

  test('Retry now says what is missing where the app is not set up any more, and changes nothing', async () => {
    const before = await current();
    const app = present(await chat.services.stores.integrations.find(run.integrationId));
    const text = JSON.stringify({
      initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
      execute: [{ url: 'https://x.example' }],
    });
    await chat.services.transact((tx) =>
      saveManifest(tx, app, { text, actor: { kind: 'system' } }),
    );
    expect(await press(retryRunNow, boss.email)).toContain(
      "Fernboard can't be used now\nThe app isn't set up yet: an admin has to enter its secrets.",
    );
    expect(await current()).toEqual(before);
  });

  test('Cancel retry ends it, and a second click is answered with silence', async () => {
    await press(cancelRunRetry, boss.email);
    expect(await current()).toMatchObject({ state: 'cancelled' });
    expect(await press(cancelRunRetry, boss.email)).toBe('nothing');
  });

  test('the helpdesk retries it, and may not cancel it', async () => {
    const helper = await chat.person({ email: 'help@example.com', role: 'helpdesk' });
    const card = await shown(helper, run.id);
    expect(card).toContain('Retry now');
    expect(card).not.toContain('Cancel retry');
    expect(await press(cancelRunRetry, helper.email)).toContain("You can't cancel this");
    expect(await press(retryRunNow, helper.email)).toBe('nothing');
    expect(await current()).toMatchObject({ state: 'retrying', dueAt: now() });
  });

  test('an auditor reads it, and is refused', async () => {
    const auditor = await chat.person({ email: 'audit@example.com', role: 'auditor' });
    expect(await shown(auditor, run.id)).not.toContain('Retry now');
    expect(await press(retryRunNow, auditor.email)).toContain("You can't retry this");
  });

  test('someone else is refused', async () => {
    await chat.person({ email: 'other@example.com', role: 'manager' });
    expect(await press(retryRunNow, 'other@example.com')).toContain("You can't retry this");
  });
});
