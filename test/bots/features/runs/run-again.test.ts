/** A grant that came to nothing is tried again from its card, with the answers that it had. */
import { beforeEach, describe, expect, test } from 'vitest';
import { grantAccess } from '../../../../src/bots/features/access/grant-access.ts';
import { cards } from '../../../../src/bots/features/features.ts';
import { runAgain } from '../../../../src/bots/features/runs/run-again.ts';
import { runCard } from '../../../../src/bots/features/runs/run-card.ts';
import type { Form } from '../../../../src/bots/view/form.ts';
import { startRevoke } from '../../../../src/engine/access/grant.ts';
import { endHoldsOfRun } from '../../../../src/engine/access/holds.ts';
import { saveManifest } from '../../../../src/engine/integrations/change-integration.ts';
import { deactivate } from '../../../../src/engine/people/change-person.ts';
import type { Person } from '../../../../src/engine/people/directory.ts';
import { fail, lease, type Run, type RunIn, succeed } from '../../../../src/engine/runs/run.ts';
import { liveReader, type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { ofKind, present } from '../../../support/given/outcomes.ts';
import { bossAndAnn } from '../../../support/team.ts';

const manifest = {
  form: [
    {
      id: 'ROLE',
      name: 'Role',
      type: 'choice',
      items: [
        { id: 'r1', name: 'Reader' },
        { id: 'r2', name: 'Writer' },
      ],
    },
  ],
  execute: [{ url: 'https://api.example.com/u', data: { role: '{{ROLE}}' } }],
  revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
};
const error = { code: 'http-status', message: 'It answered with status 500.', step: 0 } as const;

let chat: TestChat;
let boss: Person;
let ann: Person;
let integrationId: string;
beforeEach(async () => {
  chat = await testChat();
  ({ boss, ann } = await bossAndAnn(chat));
  integrationId = await chat.integration('Fernboard', manifest);
});

const stores = () => chat.services.stores;
const save = (next: Run) => chat.services.transact((tx) => tx.runs.save(next));
const now = () => chat.services.now();

/** Grants it in chat. @returns the run, in a worker's hands for the last time */
async function begun(days?: string): Promise<RunIn<'running'>> {
  const { payload } = grantAccess.with({ personId: ann.id, integrationId });
  const turn = await chat.turn(boss.email);
  const opened = ofKind('open', await grantAccess.press(payload, turn));
  const form = await opened.form;
  if ('refused' in form) throw new Error(textOf(form.refused));
  const values = { 'form.ROLE': 'r2', ...(days !== undefined && { days }) };
  await grantAccess.submit(payload, values, { ...turn, shown: form.fields });
  const [run] = await stores().runs.unfinishedOf(ann.id);
  if (run?.state !== 'queued') throw new Error('Nothing was granted');
  return {
    ...lease(run, { workerId: 'w1', newestManifestVersionId: run.manifestVersionId }, now()),
    attempt: 2,
  };
}

async function failed(days?: string): Promise<Run> {
  return save(fail(await begun(days), error, now()));
}

const shown = async ({ id }: Run, reader = boss) => {
  const { payload } = runCard.with({ runId: id });
  return textOf(await cards.find('run').render(payload, await liveReader(chat, reader.email)));
};

async function open({ id }: Run, email = boss.email): Promise<Form | string> {
  const reply = await runAgain.press(runAgain.with({ runId: id }).payload, await chat.turn(email));
  if (reply.kind !== 'open') throw new Error('It opens a form');
  const form = await reply.form;
  return 'refused' in form ? textOf(form.refused) : form;
}

const send = async ({ id }: Run, values: Readonly<Record<string, string>> = {}, form?: Form) => {
  const { payload } = runAgain.with({ runId: id });
  const reply = await runAgain.submit(payload, values, {
    ...(await chat.turn(boss.email)),
    shown: form?.fields ?? {},
  });
  return reply.kind === 'say' ? textOf(reply.card) : reply.kind;
};

const newest = async (): Promise<Run | undefined> =>
  (await stores().runs.list({}, { offset: 0, limit: 1 })).runs[0];

describe('the card of a grant', () => {
  test('has the answers of its form, by the names that people read', async () => {
    expect(await shown(await failed())).toContain('Role: Writer');
  });

  test('hides them from the person it is about, who reads whom to ask', async () => {
    const text = await shown(await failed(), ann);
    expect(text).not.toContain('Writer');
    expect(text).toContain('Your manager or a Latchkey admin can look into it.');
    expect(text).not.toContain('[Try again…]');
  });

  test('names their manager to the helpdesk as well, who can look into it', async () => {
    const hal = await chat.person({ email: 'hal@example.com', firstName: 'Hal', role: 'helpdesk' });
    expect(await shown(await failed(), hal)).toContain(
      "won't retry. Their manager or a Latchkey admin can look into it.",
    );
  });

  test('sends to an admin alone whose manager has left', async () => {
    const run = await failed();
    await chat.services.transact(async (tx) => {
      const manager = await tx.people.hold(boss.id);
      if (manager) await deactivate(tx, manager, { actor: { kind: 'system' } });
    });
    expect(await shown(run, ann)).toContain("won't retry. A Latchkey admin can look into it.");
  });

  test('that failed for good offers to try it again, and one that went well does not', async () => {
    expect(await shown(await failed())).toContain('[Try again…]');
    expect(await shown(await save(succeed(await begun(), now())))).not.toContain('Try again');
  });

  test('offers it to nobody where the integration is turned off', async () => {
    const run = await failed();
    const integration = await stores().integrations.find(integrationId);
    if (integration)
      await chat.services.transact((tx) =>
        tx.integrations.save({ ...integration, enabled: false }),
      );
    expect(await shown(run)).not.toContain('Try again');
  });
});

test('the card of a revoke that failed offers to revoke again', async () => {
  const integration = present(await stores().integrations.find(integrationId));
  const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
  const started = await chat.services.transact((tx) =>
    startRevoke(tx, { actor, person: ann, integration }),
  );
  if (started.kind !== 'started' || started.run.state !== 'queued') throw new Error(started.kind);
  const run = await save(
    fail(
      lease(
        started.run,
        { workerId: 'w1', newestManifestVersionId: started.run.manifestVersionId },
        now(),
      ),
      error,
      now(),
    ),
  );
  const text = await shown(run);
  expect(text).toContain('The access may still be active');
  expect(text).toContain('[Revoke again…]');
});

describe('Try again', () => {
  test('asks nothing that was answered, and says what stays', async () => {
    const form = (await open(await failed())) as Form;
    expect(Object.keys(form.fields)).toEqual(['days', 'otherLength']);
    expect(form.intro).toContainEqual(['Keeps the earlier answers: Role: Writer.']);
  });

  test('starts a run with the same answers', async () => {
    const run = await failed();
    expect(await send(run)).toBe('show');
    const next = await newest();
    expect(next).toMatchObject({ kind: 'execute', state: 'queued', attempt: 1 });
    expect(next?.id).not.toBe(run.id);
    expect(await stores().runs.inputs(next?.id ?? '')).toEqual({
      form: { ROLE: 'r2' },
      generated: {},
      answers: [{ label: 'Role', value: 'Writer' }],
    });
  });

  test('for as many days as it was to be given for', async () => {
    const run = await failed('30');
    await chat.services.transact((tx) => endHoldsOfRun(tx, run));
    const form = (await open(run)) as Form;
    expect(form.fields['days']).toMatchObject({ initial: '720h' });
  });

  test('asks what the form asks for by now', async () => {
    const run = await failed();
    const integration = present(await stores().integrations.find(integrationId));
    const wider = {
      ...manifest,
      form: [...manifest.form, { id: 'TEAM', name: 'Team', type: 'input' }],
    };
    const actor = { kind: 'person', personId: boss.id, via: 'slack' } as const;
    await chat.services.transact((tx) =>
      saveManifest(tx, integration, { text: JSON.stringify(wider), ...chat.services, actor }),
    );
    const form = (await open(run)) as Form;
    expect(Object.keys(form.fields)).toEqual(['form.TEAM', 'days', 'otherLength']);
    expect(await send(run)).toContain('The form for Fernboard has changed');
    expect(await send(run, { 'form.TEAM': 'Blue' }, form)).toBe('show');
    expect(await stores().runs.inputs((await newest())?.id ?? '')).toMatchObject({
      form: { ROLE: 'r2', TEAM: 'Blue' },
      answers: [
        { label: 'Role', value: 'Writer' },
        { label: 'Team', value: 'Blue' },
      ],
    });
  });

  test('pressed twice starts one run, whose card the second click shows, too', async () => {
    const run = await failed();
    expect(await send(run)).toBe('show');
    expect(await send(run)).toBe('show');
    expect(await stores().runs.unfinishedOf(ann.id)).toHaveLength(1);
  });

  test('is refused to someone else, and where there is nothing to try again', async () => {
    const run = await failed();
    const other = await chat.person({ email: 'other@example.com', role: 'manager' });
    expect(await open(run, other.email)).toContain("You can't grant this");
    await send(run);
    const next = await newest();
    expect(next && (await open(next))).toContain('There is nothing to try again');
  });
});
