/** Changes of someone's access, as managers and admins make them in chat: whether they may, by what is so now, and a grant. */
import { z } from 'zod';
import { unreachable } from '../../core/unreachable.ts';
import { startGrant } from '../../engine/access/grant.ts';
import { type AccessChange, changeWords, mayChange } from '../../engine/access/may-change.ts';
import { manifestOf } from '../../engine/integrations/manifest-of.ts';
import {
  type AccessIds,
  type Integration,
  isManual,
  type PersonAtApp,
} from '../../engine/people/directory.ts';
import { noteRefusal } from '../../engine/people/note-refusal.ts';
import { maySee } from '../../engine/people/permission.ts';
import type { Stores, Transaction } from '../../engine/ports/unit-of-work.ts';
import { policyOf } from '../../engine/settings/settings.ts';
import { asksForCodes } from '../../engine/step-up/use-code.ts';
import { grantByHand } from '../../engine/tasks/by-hand.ts';
import { answersBody, type GivenAnswers, readAnswers } from './answers.ts';
import { named, type Turn } from './endpoint.ts';
import { conflict, invalid, notAllowed, notFound, type Problem } from './problems.ts';
import { wrongFact } from './request-writes.ts';
import { givenReason, id, MAX_ID, wishedHours } from './values.ts';
import type { Act, Done } from './writing.ts';

export const target = { personId: z.string().max(MAX_ID), integrationId: z.string().max(MAX_ID) };

/** Of a grant whose removal is in its way. */
export const reasonToStop = givenReason
  .optional()
  .describe('Needed where the access is being removed and that is stuck');

export const grant = named(
  'Grant',
  z.strictObject({
    ...target,
    hours: wishedHours,
    reason: reasonToStop,
    ...answersBody,
  }),
);
const grantKinds = ['started', 'joined', 'deferred', 'task'] as const;
const grantWords =
  '`joined`: the same is under way. `deferred`: it starts when what is in its way has ended. `task`: people grant it';
const whatGrants = { runId: id.optional(), taskId: id.optional() };
export const granted = named(
  'Granted',
  z.object({ kind: z.enum(grantKinds).describe(grantWords), ...whatGrants }),
);
export const retried = named(
  'Retried',
  z.object({
    kind: z
      .enum(['retried', ...grantKinds])
      .describe(`\`retried\`: the same run goes on. \`started\`: a new one. ${grantWords}`),
    ...whatGrants,
  }),
);

async function find(
  { personId, integrationId }: AccessIds,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<PersonAtApp | undefined> {
  const [person, integration] = await Promise.all([
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  return person && integration && { person, integration };
}

/** Whom and what it is about, by what is so now: the app may have taken seconds to list its options. Or why they may not. */
export async function allowed(
  tx: Transaction,
  { what, ...ids }: AccessIds & { readonly what: AccessChange },
  { reader, actor }: Turn,
): Promise<PersonAtApp | { readonly problem: Problem }> {
  const [about, now] = await Promise.all([find(ids, tx), tx.people.find(reader.id)]);
  if (!about || !now) return { problem: notFound };
  const { person, integration } = about;
  const found = mayChange(what, now, about);
  switch (found) {
    case 'allowed':
      return about;
    case 'gone':
      return { problem: notFound };
    case 'left':
      return conflict('This person has left.');
    case 'off':
      return conflict(`${integration.name} is turned off.`);
    case 'only-admins':
    case 'not-theirs': {
      await noteRefusal(
        tx,
        { actor, wanted: () => changeWords(what) },
        { personId: person.id, integrationId: integration.id },
      );
      if (!maySee(now, person)) return { problem: notFound };
      return notAllowed(
        found === 'only-admins'
          ? `Only admins grant ${integration.name}. It can be requested.`
          : 'Only the manager of this person and admins may.',
      );
    }
    default:
      return unreachable(found);
  }
}

/** The policy's limit: chat's forms offer no longer time. */
function whyNotSoLong(integration: Integration, hours: number | undefined): Problem | undefined {
  const { longestHours } = policyOf(integration);
  if (longestHours === null || (hours !== undefined && hours <= longestHours)) return undefined;
  const detail = `${integration.name} is granted for at most ${longestHours} hours.`;
  return invalid([{ detail, pointer: '/hours' }]);
}

interface Grant extends AccessIds, GivenAnswers {
  /** Left out: no end date. */
  readonly hours?: number | undefined;
  readonly reason?: string | undefined;
}

/** Grants, by what the policy and the form are now. What needs the network is asked before the transaction. */
export async function granting(
  wish: Grant,
  turn: Turn,
): Promise<Act<z.input<typeof granted>> | { readonly problem: Problem }> {
  const { stores, actor } = turn;
  const found = await find(wish, stores);
  if (!found) return { problem: notFound };
  const manifest = await manifestOf(stores, found.integration);
  const isAllowed = mayChange('grant', turn.reader, found) === 'allowed';
  // Who may not grant it learns nothing about its form.
  const read =
    isAllowed && (manifest || isManual(found.integration))
      ? await readAnswers(
          wish,
          { ...found, manifest: manifest ?? { form: [], extraUserInfo: [] } },
          turn,
        )
      : undefined;
  return async (tx): Promise<Done<z.input<typeof granted>>> => {
    const now = await allowed(tx, { what: 'grant', ...wish }, turn);
    if ('problem' in now) return now;
    const { person, integration } = now;
    if (asksForCodes(integration))
      return {
        problem: { kind: 'code-needed', detail: 'This is granted in chat, with a code.' },
      };
    if (!read) return conflict(`The manifest of ${integration.name} can't be read.`);
    if (!read.ok) return read;
    const problem = whyNotSoLong(integration, wish.hours);
    if (problem) return { problem };
    const { hours, reason } = wish;
    const grantee = { actor, person, integration, hours, reason };
    if (isManual(integration)) {
      const asked = await grantByHand(tx, grantee);
      return asked.kind === 'refused'
        ? conflict(asked.why)
        : { done: { kind: 'task', taskId: asked.task.id } };
    }
    const { form, answers, facts } = read;
    const started = await startGrant(tx, { ...grantee, form, answers, typed: { facts } });
    if (started.kind === 'refused')
      return started.fact === undefined
        ? conflict(started.why)
        : { problem: wrongFact({ name: started.fact, why: started.why }) };
    return { done: { kind: started.kind, runId: started.run.id } };
  };
}
