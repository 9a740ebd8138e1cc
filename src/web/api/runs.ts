/** `/runs`: what was granted and revoked, how that went, and another try. */
import { z } from 'zod';
import { retryNow } from '../../engine/access/grant.ts';
import { whyNotSetUp } from '../../engine/integrations/integration-state.ts';
import { manifestOf } from '../../engine/integrations/manifest-of.ts';
import { seenBy } from '../../engine/overview/seen.ts';
import { type Person, personIdOf } from '../../engine/people/directory.ts';
import { mayAt, maySee, maySeePlans, maySeeSetUp } from '../../engine/people/permission.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { plainError } from '../../engine/runs/plain-error.ts';
import {
  isUnknown,
  moves,
  outcomes,
  type Run,
  type RunOutcome,
  type RunState,
} from '../../engine/runs/run.ts';
import { cameToNothing, keptInputs } from '../../engine/runs/run-again.ts';
import { answerOf } from './answer-of.ts';
import { allowed, granting, reasonToStop, retried } from './change-access.ts';
import { type Endpoint, listing, named, reading, type Turn } from './endpoint.ts';
import { conflict, notAllowed, notFound, type Problem } from './problems.ts';
import { actorSchema, actorShown, id, idFilter, pageByTime, time, timePlace } from './values.ts';
import { type Act, type Done, writing } from './writing.ts';

const common = {
  id,
  kind: z.enum(['grant', 'revoke']),
  state: z.enum(Object.keys(moves) as RunState[]),
  isUnknown: z.boolean().describe('A write was sent, and no answer came'),
  integrationId: id,
  personId: id,
  startedBy: actorSchema,
  attempt: z.number().int(),
  createdAt: time,
  finishedAt: time.optional(),
  dueAt: time.optional().describe('When it goes on'),
};

const run = named('Run', z.object(common));
const details = named(
  'RunDetails',
  z.object({
    ...common,
    error: z
      .string()
      .optional()
      .describe(
        'A sentence that says what went wrong. Left out for who sees the app, or started the run, and may not see the person',
      ),
    answers: z
      .array(z.object({ label: z.string(), value: z.string() }))
      .optional()
      .describe('Of the form. Only for the manager, admins and auditors'),
  }),
);

const retry = named('Retry', z.strictObject({ reason: reasonToStop }));

const shown = (of: Run): z.input<typeof run> =>
  answerOf(run, {
    ...of,
    kind: of.kind === 'execute' ? 'grant' : 'revoke',
    isUnknown: isUnknown(of),
    startedBy: actorShown(of.startedBy),
  });

interface Seeing {
  readonly stores: Pick<Stores, 'people' | 'integrations'>;
  readonly reader: Person;
}

/** Whom and what it is about, for who sees it. */
async function seen({ personId, integrationId, startedBy }: Run, { stores, reader }: Seeing) {
  const [person, integration] = await Promise.all([
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  if (!person || !integration) return undefined;
  const seesPerson = maySee(reader, person);
  // In the list, too, they see those that they started for others.
  const isTheirs = personIdOf(startedBy) === reader.id;
  return seesPerson || isTheirs || mayAt(reader, 'see app', integration)
    ? { person, integration, seesPerson }
    : undefined;
}

async function detailsOf(
  of: Run,
  { stores, reader }: Turn,
): Promise<z.input<typeof details> | undefined> {
  const about = await seen(of, { stores, reader });
  if (!about) return undefined;
  const { person, integration, seesPerson } = about;
  const error = 'error' in of ? of.error : undefined;
  const answers = maySeePlans(reader, person)
    ? (await stores.runs.inputs(of.id)).answers
    : undefined;
  return {
    ...shown(of),
    error:
      error && seesPerson
        ? maySeeSetUp(reader)
          ? error.message
          : plainError(error, integration.name)
        : undefined,
    answers: answers && [...answers],
  };
}

export const runs: readonly Endpoint[] = [
  listing({
    path: '/runs',
    tag: 'Runs',
    scope: 'read',
    summary: 'Grants and revokes, the newest first',
    description:
      'Everyone sees those about them or started by them, managers those about their reports, owners those of their apps; admins, auditors and the helpdesk all.',
    name: 'RunPage',
    item: run,
    filters: {
      person: idFilter('About this person'),
      integration: idFilter('At this integration'),
      outcome: z.enum(Object.keys(outcomes) as RunOutcome[]).optional(),
    },
    place: timePlace,
    async read({ query: { person, integration, outcome }, after, limit }, { stores, reader }) {
      const found = await stores.runs.listAfter(after, limit + 1, {
        concerning: person === undefined ? undefined : { about: [person] },
        integrationId: integration,
        outcome,
        seenBy: await seenBy(stores, reader),
      });
      return pageByTime(found, limit, shown);
    },
  }),
  reading({
    path: '/runs/{id}',
    tag: 'Runs',
    scope: 'read',
    summary: 'One run',
    answer: details,
    async read(runId, turn) {
      const found = await turn.stores.runs.find(runId);
      return found && detailsOf(found, turn);
    },
  }),
  writing({
    path: '/runs/{id}/retry',
    tag: 'Runs',
    scope: 'access',
    summary: 'Retries a run that failed',
    description:
      'One that waits for its next try goes on at once: for managers, admins and the helpdesk. A grant that ended without success starts again, with the answers and the time that it had: for who may grant it.',
    body: retry,
    answer: retried,
    status: 202,
    async prepare({ id: runId, body }, turn) {
      const { stores } = turn;
      const found = await stores.runs.find(runId);
      if (!found) return { problem: notFound };
      const act = cameToNothing(found) ? await beginAnew(found, body, turn) : goOnNow(found, turn);
      return 'problem' in act ? act : ofSeen(found, act, turn);
    },
  }),
];

type Retried = z.input<typeof retried>;

/** Who sees the run, such as an owner of the app, reads why they may not retry it, and not that there is none. */
const ofSeen =
  (about: Run, act: Act<Retried>, { reader }: Turn): Act<Retried> =>
  async (tx): Promise<Done<Retried>> => {
    const done = await act(tx);
    if (!('problem' in done) || done.problem !== notFound) return done;
    const now = (await tx.people.find(reader.id)) ?? reader;
    const found = await seen(about, { stores: tx, reader: now });
    if (!found) return done;
    return found.integration.deletedAt
      ? conflict('The integration was deleted.')
      : notAllowed('Only the manager of this person and admins may.');
  };

const goOnNow =
  ({ id: runId, personId, integrationId }: Run, turn: Turn): Act<Retried> =>
  async (tx): Promise<Done<Retried>> => {
    const about = await allowed(tx, { what: 'retry', personId, integrationId }, turn);
    if ('problem' in about) return about;
    const now = await tx.runs.find(runId);
    if (!now) return { problem: notFound };
    if (now.state === 'retrying') {
      const notSetUp = await whyNotSetUp(tx, about.integration);
      if (notSetUp !== undefined) return conflict(notSetUp);
      await retryNow(tx, now, turn.actor);
      return { done: { kind: 'retried', runId } };
    }
    return conflict(
      now.kind === 'revoke' && (now.state === 'failed' || now.state === 'blocked')
        ? 'This revoke has ended. Revoke the access again, with POST /access/revoke.'
        : `Only a run that failed is retried. This one: ${now.state}.`,
    );
  };

async function beginAnew(
  { id: runId, personId, integrationId }: Run,
  { reason }: z.output<typeof retry>,
  turn: Turn,
): Promise<Act<Retried> | { readonly problem: Problem }> {
  const { stores } = turn;
  const manifest = await manifestOf(stores, await stores.integrations.find(integrationId));
  const kept = manifest && keptInputs(manifest, await stores.runs.inputs(runId));
  const { form: answers = {}, hours } = kept ?? {};
  const grant = await granting(
    { personId, integrationId, hours, reason, answers, facts: {} },
    turn,
  );
  if ('problem' in grant) return grant;
  return async (tx): Promise<Done<Retried>> => {
    const begun = await grant(tx);
    return 'problem' in begun && begun.problem.kind === 'invalid'
      ? { problem: outdated(begun.problem) }
      : begun;
  };
}

/** Of a problem whose places are those of the body of a grant. */
const outdated = ({ errors }: Problem): Problem => ({
  kind: 'conflict',
  detail:
    'What is asked now differs from what this run was given. Grant it with POST /access/grant, whose places errors has.',
  errors,
});
