/** `POST /access/grant` and `POST /access/revoke`: what admins and managers do by Grant and Revoke in chat. */
import { z } from 'zod';
import { isDay } from '../../core/day.ts';
import { dayIn, startOfDay } from '../../core/days.ts';
import { unreachable } from '../../core/unreachable.ts';
import { giveBackAccess, ownAccessAt } from '../../engine/access/give-back.ts';
import { type Begun, beginRemoval } from '../../engine/access/removals/begin-removal.ts';
import { rulesBehind } from '../../engine/rules/exceptions.ts';
import { allowed, grant, granted, granting, target } from './change-access.ts';
import { type Endpoint, named } from './endpoint.ts';
import { conflict, invalid } from './problems.ts';
import { givenReason, id } from './values.ts';
import { type Done, writing } from './writing.ts';

const revoke = named(
  'Revoke',
  z.strictObject({
    ...target,
    exception: z
      .strictObject({
        reason: givenReason,
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
    prepare: ({ body }, turn) => granting(body, turn),
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
        return {
          problem: invalid([{ detail: 'Choose a day after today.', pointer: '/exception/until' }]),
        };
      return async (tx): Promise<Done<z.input<typeof revoked>>> => {
        const about = await allowed(tx, { what: 'revoke', ...body }, turn);
        if ('problem' in about) return about;
        const { person, integration } = about;
        const rules = await rulesBehind(tx, { person, integrationId: integration.id }, tx);
        if (rules.length > 0 && reason === undefined)
          return {
            problem: invalid([
              { detail: 'A rule gives it. Say why they are an exception.', pointer: '/exception' },
            ]),
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
        const own = await ownAccessAt(tx, { personId: reader.id, integrationId });
        switch (own.kind) {
          case 'held':
            return { done: begunShown(await giveBackAccess(tx, { ...own, actor })) };
          case 'under-way':
            return conflict('It is being granted. Give it back when that has ended.');
          case 'nothing':
            return conflict('There is nothing to give back, or it is being removed already.');
          default:
            return unreachable(own);
        }
      };
    },
  }),
];
