/** `POST /access/grant` and `POST /access/revoke`: what admins and managers do by Grant and Revoke in chat. */
import { z } from 'zod';
import { isDay } from '../../core/day.ts';
import { dayIn, startOfDay } from '../../core/days.ts';
import { MAX_HOURS } from '../../core/hours.ts';
import { unreachable } from '../../core/unreachable.ts';
import { giveBackAccess, toGiveBack } from '../../engine/access/give-back.ts';
import { startGrant } from '../../engine/access/grant.ts';
import { type AccessChange, changeWords, mayChange } from '../../engine/access/may-change.ts';
import { type Begun, beginRemoval } from '../../engine/access/removals/removals.ts';
import { manifestOf } from '../../engine/integrations/manifest-of.ts';
import { type Integration, isManual, type Person } from '../../engine/people/directory.ts';
import { noteRefusal } from '../../engine/people/note-refusal.ts';
import { maySee } from '../../engine/people/permission.ts';
import type { Stores, Transaction } from '../../engine/ports/unit-of-work.ts';
import { rulesBehind } from '../../engine/rules/exceptions.ts';
import { policyOf } from '../../engine/settings/settings.ts';
import { asksForCodes } from '../../engine/step-up/use-code.ts';
import { grantByHand } from '../../engine/tasks/by-hand.ts';
import { answersBody, MAX_REASON, readAnswers } from './answers.ts';
import { type Endpoint, named, type Turn } from './endpoint.ts';
import { notFound, type Problem } from './problems.ts';
import { wrongFact } from './request-writes.ts';
import { id, MAX_ID } from './values.ts';
import { type Done, writing } from './writing.ts';

const target = { personId: z.string().max(MAX_ID), integrationId: z.string().max(MAX_ID) };

const grant = named(
  'Grant',
  z.strictObject({
    ...target,
    hours: z
      .number()
      .int()
      .min(1)
      .max(MAX_HOURS)
      .optional()
      .describe('For how long. Left out: no end date'),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(MAX_REASON)
      .optional()
      .describe('Needed where the access is being removed and that is stuck'),
    ...answersBody,
  }),
);
const granted = named(
  'Granted',
  z.object({
    kind: z
      .enum(['started', 'joined', 'deferred', 'task'])
      .describe(
        '`joined`: the same is under way. `deferred`: it starts when what is in its way has ended. `task`: people grant it',
      ),
    runId: id.optional(),
    taskId: id.optional(),
  }),
);
const revoke = named(
  'Revoke',
  z.strictObject({
    ...target,
    exception: z
      .strictObject({
        reason: z.string().trim().min(1).max(MAX_REASON),
        until: z.string().max(10).optional().describe('ISO date: from that day on the rule counts'),
      })
      .optional()
      .describe('Needed where a rule gives it: why this person is an exception'),
  }),
);
const revoked = named(
  'Revoked',
  z.object({
    kind: z
      .enum(['begun', 'joined', 'nothing'])
      .describe(
        '`joined`: it is being removed already. `nothing`: nothing had been granted yet, and now nothing is',
      ),
    removalId: id.optional(),
  }),
);

const giveBack = named('GiveBack', z.strictObject({ integrationId: target.integrationId }));

const begunShown = (begun: Begun): z.input<typeof revoked> =>
  begun.kind === 'nothing'
    ? { kind: 'nothing' }
    : { kind: begun.kind, removalId: begun.removal.id };

const stop = (kind: 'conflict' | 'not-allowed', detail: string): { readonly problem: Problem } => ({
  problem: { kind, detail },
});

interface Found {
  readonly person: Person;
  readonly integration: Integration;
}

interface Target {
  readonly personId: string;
  readonly integrationId: string;
}

async function find(
  { personId, integrationId }: Target,
  stores: Pick<Stores, 'people' | 'integrations'>,
): Promise<Found | undefined> {
  const [person, integration] = await Promise.all([
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  return person && integration && { person, integration };
}

/** Whom and what it is about, by what is so now: the app may have taken seconds to list its options. Or why they may not. */
async function allowed(
  tx: Transaction,
  { what, ...ids }: Target & { readonly what: AccessChange },
  { reader, actor }: Turn,
): Promise<Found | { readonly problem: Problem }> {
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
      return stop('conflict', 'This person has left.');
    case 'off':
      return stop('conflict', `${integration.name} is turned off.`);
    case 'only-admins':
    case 'not-theirs': {
      await noteRefusal(
        tx,
        { actor, wanted: () => changeWords(what) },
        { personId: person.id, integrationId: integration.id },
      );
      if (!maySee(now, person)) return { problem: notFound };
      return stop(
        'not-allowed',
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
  return {
    kind: 'invalid',
    detail: 'Nothing was done. See errors for each place.',
    errors: [{ detail, pointer: '/hours' }],
  };
}

export const accessWrites: readonly Endpoint[] = [
  writing({
    path: '/access/grant',
    tag: 'Access',
    scope: 'access',
    summary: 'Grants access, as a manager or an admin does',
    description:
      'Where the integration asks for a code of an authenticator, this is done in chat: the answer is 403 with `code-needed`.',
    body: grant,
    answer: granted,
    status: 202,
    async prepare({ body }, turn) {
      const { stores, actor } = turn;
      const found = await find(body, stores);
      if (!found) return { problem: notFound };
      const manifest = await manifestOf(stores, found.integration);
      const isAllowed = mayChange('grant', turn.reader, found) === 'allowed';
      // Who may not grant it learns nothing about its form.
      const read =
        isAllowed && (manifest || isManual(found.integration))
          ? await readAnswers(
              body,
              { ...found, manifest: manifest ?? { form: [], extraUserInfo: [] } },
              turn,
            )
          : undefined;
      return async (tx): Promise<Done<z.input<typeof granted>>> => {
        const now = await allowed(tx, { what: 'grant', ...body }, turn);
        if ('problem' in now) return now;
        const { person, integration } = now;
        if (asksForCodes(integration))
          return {
            problem: { kind: 'code-needed', detail: 'This is granted in chat, with a code.' },
          };
        if (!read) return stop('conflict', `The manifest of ${integration.name} can't be read.`);
        if (!read.ok) return read;
        const problem = whyNotSoLong(integration, body.hours);
        if (problem) return { problem };
        const { hours, reason } = body;
        const wish = { actor, person, integration, hours, reason };
        if (isManual(integration)) {
          const asked = await grantByHand(tx, wish);
          return asked.kind === 'refused'
            ? stop('conflict', asked.why)
            : { done: { kind: 'task', taskId: asked.task.id } };
        }
        const { form, answers, facts } = read;
        const started = await startGrant(tx, { ...wish, form, answers, typed: { facts } });
        if (started.kind === 'refused')
          return started.fact === undefined
            ? stop('conflict', started.why)
            : { problem: wrongFact({ name: started.fact, why: started.why }) };
        return { done: { kind: started.kind, runId: started.run.id } };
      };
    },
  }),
  writing({
    path: '/access/revoke',
    tag: 'Access',
    scope: 'access',
    summary: 'Begins the removal of all access of a person at an integration',
    body: revoke,
    answer: revoked,
    status: 202,
    async prepare({ body }, turn) {
      const { actor, reader, now } = turn;
      const timeZone = reader.timeZone ?? turn.timeZone;
      const { reason, until } = body.exception ?? {};
      if (until !== undefined && (!isDay(until) || until <= dayIn(timeZone, now())))
        return { problem: wrongException('Choose a day after today.', '/exception/until') };
      return async (tx): Promise<Done<z.input<typeof revoked>>> => {
        const about = await allowed(tx, { what: 'revoke', ...body }, turn);
        if ('problem' in about) return about;
        const { person, integration } = about;
        const rules = await rulesBehind(tx, { person, integrationId: integration.id }, tx);
        if (rules.length > 0 && reason === undefined)
          return {
            problem: wrongException(
              'A rule gives it. Say why they are an exception.',
              '/exception',
            ),
          };
        const begun = await beginRemoval(tx, {
          person,
          integration,
          cause: { kind: 'revoked' },
          actor,
          exception:
            reason === undefined
              ? undefined
              : { reason, endsAt: until === undefined ? undefined : startOfDay(until, timeZone) },
        });
        return { done: begunShown(begun) };
      };
    },
  }),
  writing({
    path: '/access/give-back',
    tag: 'Access',
    scope: 'access',
    summary: 'Gives back what the owner of the token has at an integration',
    description:
      'Everyone may. It begins the removal of all of it. Where a rule gives it, they become an exception, until an admin ends that.',
    body: giveBack,
    answer: revoked,
    status: 202,
    async prepare({ body: { integrationId } }, { reader, actor }) {
      return async (tx): Promise<Done<z.input<typeof revoked>>> => {
        const person = await tx.people.find(reader.id);
        if (!person?.active) return { problem: notFound };
        const theirs = await toGiveBack(tx, person);
        const row = theirs.find(({ integration }) => integration.id === integrationId);
        if (row) {
          const { integration } = row;
          return { done: begunShown(await giveBackAccess(tx, { person, integration, actor })) };
        }
        const run = await tx.runs.unfinished(person.id, integrationId);
        return stop(
          'conflict',
          run?.kind === 'execute'
            ? 'It is being granted. Give it back when that has ended.'
            : 'There is nothing to give back, or it is being removed already.',
        );
      };
    },
  }),
];

const wrongException = (detail: string, pointer: string): Problem => ({
  kind: 'invalid',
  detail: 'Nothing was done. See errors for each place.',
  errors: [{ detail, pointer }],
});
