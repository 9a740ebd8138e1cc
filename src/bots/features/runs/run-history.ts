/** `runs`: what was granted and revoked, newest first; filtered by person, integration and outcome. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { may, mayAt, maySee } from '../../../engine/people/permission.ts';
import type { RunFilter } from '../../../engine/ports/run-stores.ts';
import { isUnknown, outcomes, type Run, type RunOutcome } from '../../../engine/runs/run.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayHere, showCard } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { appOptions } from '../app-options.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { nameOf } from '../people/person-words.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { runCard } from './run-card.ts';

/** `mine`: about me, or started by me. `reports`: about my direct reports. `all`: for admins; for owners, of an app of theirs. */
const scopes = () => ({ mine: t`Mine`, reports: t`My reports'`, all: t`Everyone's` }) as const;
type Scope = keyof ReturnType<typeof scopes>;

const leftEmpty = (): Record<Scope, string> => ({
  mine: t`Leave blank to keep: mine.`,
  reports: t`Leave blank to keep: my reports'.`,
  all: t`Leave blank to keep: everyone's.`,
});

const noneOf = (): Record<Scope, string> => ({
  mine: t`Nothing was granted to you, or by you, yet.`,
  reports: t`Nothing was granted to your reports yet.`,
  all: t`Nothing was granted yet.`,
});

const outcomeWords = (): Record<RunOutcome, string> => ({
  'under-way': t`Under way`,
  succeeded: t`Succeeded`,
  failed: t`Failed or waiting for a retry`,
  unknown: t`Not confirmed`,
  cancelled: t`Cancelled`,
});

const payload = pageShown.extend({
  scope: z.enum(['mine', 'reports', 'all']),
  integrationId: z.string().optional(),
  outcome: z.enum(['under-way', 'succeeded', 'failed', 'unknown', 'cancelled']).optional(),
});
type RunHistoryPayload = z.infer<typeof payload>;

const history: ListCard<RunHistoryPayload> = listCard({
  id: 'runs.page',
  payload,
  byTime: true,
  async narrow(wanted, { stores, actor }) {
    if (wanted.scope !== 'all' || may(actor, 'see')) return wanted;
    const { integrationId } = wanted;
    const app = integrationId && (await stores.integrations.find(integrationId));
    return app && mayAt(actor, 'see app', app) ? wanted : { ...wanted, scope: 'mine' };
  },

  async read(shown, at, turn) {
    const { runs: items, total } = await turn.stores.runs.list(filterOf(shown, turn), at);
    const ids = new Set(items.map(({ personId }) => personId));
    return {
      items,
      total,
      people: await turn.stores.people.findMany([...ids]),
      integrations: await integrationsOf(items, shown, turn.stores),
    };
  },

  title: () => t`Activity`,
  empty: (found) =>
    found.shown.integrationId === undefined && found.shown.outcome === undefined
      ? noneOf()[found.shown.scope]
      : t`${narrowedBy(found)}: none. Choose another filter.`,
  counted: (found) => `${narrowedBy(found)}: ${sayNumber(found.total)}`,
  row: (run, found, turn) => renderRun(run, found, turn),
  before: ({ shown }) => [{ label: t`Filter…`, does: filterHistory.with(shown) }],
});
export const turnHistoryPage = history.turnPage;

/** The run's own card has the steps, the answers and Retry now. */
export const openRun = buttonAction({
  id: 'runs.open',
  payload: z.object({ runId: z.string() }),

  async handle({ runId }, turn: Turn): Promise<Reply> {
    const { stores, actor } = turn;
    const run = await stores.runs.find(runId);
    const person = run && (await stores.people.find(run.personId));
    return run && person && maySee(actor, person)
      ? showCard(runCard.with({ runId }))
      : sayHere(await withoutRight(t`You can't see this run`, 'see', turn));
  },
});

export const filterHistory = formAction({
  id: 'runs.filter',
  payload,
  title: () => t`Filter activity`,
  submitLabel: () => t`Show`,

  async fields(shown, { stores, actor }: Turn) {
    const offered = scopesOf(actor, await stores.people.hasReports(actor.id));
    return {
      fields: {
        // Who has nothing to choose isn't asked.
        ...(offered.length > 1 && {
          scope: {
            kind: 'choice' as const,
            label: t`Whose`,
            hint: leftEmpty()[shown.scope],
            optional: true,
            options: offered,
          },
        }),
        integration: {
          kind: 'choice',
          label: t`Integration`,
          optional: true,
          options: await appOptions(stores),
        },
        outcome: {
          kind: 'choice',
          label: t`How it ended`,
          optional: true,
          options: outcomeOptions(),
        },
      },
    };
  },

  async submit({ scope: chosen, integration, outcome }, shown, turn) {
    const scope = (Object.keys(scopes()) as Scope[]).find((each) => each === chosen) ?? shown.scope;
    // What an owner sees of everyone's is of one app.
    const isOfApp = scope === 'all' && !may(turn.actor, 'see');
    const wanted: RunHistoryPayload = {
      scope,
      page: 0,
      integrationId: integration ?? (isOfApp ? shown.integrationId : undefined),
      outcome,
    };
    return history.reply(wanted, turn);
  },
});

const outcomeOptions = () =>
  (Object.keys(outcomes) as RunOutcome[]).map((value) => ({ label: outcomeWords()[value], value }));

const scopesOf = (actor: Person, hasReports: boolean) =>
  (Object.keys(scopes()) as Scope[])
    .filter((scope) => scope !== 'all' || may(actor, 'see'))
    .filter((scope) => scope !== 'reports' || hasReports)
    .map((value) => ({ label: scopes()[value], value }));

/** The initial filter: for admins, the runs of everyone. */
export async function openHistory(turn: Turn): Promise<Reply> {
  const scope: Scope = may(turn.actor, 'see') ? 'all' : 'mine';
  return history.reply({ scope, page: 0 }, turn);
}

/** The integrations that the page names, including deleted ones. */
async function integrationsOf(
  runs: readonly Run[],
  { integrationId }: RunHistoryPayload,
  { integrations }: Turn['stores'],
): Promise<readonly Integration[]> {
  const ids = runs.map((run) => run.integrationId);
  const wanted = new Set(integrationId === undefined ? ids : [...ids, integrationId]);
  return integrations.findMany([...wanted]);
}

function filterOf(
  { scope, integrationId, outcome }: RunHistoryPayload,
  { actor }: Turn,
): RunFilter {
  const narrowed: RunFilter = {
    integrationId,
    outcome,
  };
  if (scope === 'all') return narrowed;
  if (scope === 'reports') return { ...narrowed, managerId: actor.id };
  return { ...narrowed, concerning: { about: [actor.id], startedBy: actor.id } };
}

interface Named {
  readonly people: readonly Person[];
  /** Including deleted ones. */
  readonly integrations: readonly Integration[];
}

function narrowedBy({
  shown,
  integrations,
}: Named & { readonly shown: RunHistoryPayload }): string {
  const integration = integrations.find(({ id }) => id === shown.integrationId);
  return compact([
    scopes()[shown.scope],
    integration && integration.name,
    shown.outcome && withinLine(outcomeWords()[shown.outcome]),
  ]).join(', ');
}

/** In lower case within a line; no outcome begins with a noun. */
const withinLine = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

const states = (): Record<Run['state'], string> => ({
  queued: t`about to start`,
  running: t`under way`,
  waiting: t`waiting for the app`,
  retrying: t`⚠ failed, will retry`,
  deferred: t`waiting to start`,
  succeeded: t`✓ done`,
  failed: t`✗ failed`,
  blocked: t`✗ stopped`,
  cancelled: t`cancelled`,
});

const standing = (run: Run): string => {
  if (!isUnknown(run)) return states()[run.state];
  return run.state === 'retrying' ? t`? outcome unknown, will retry` : t`? outcome unknown`;
};

function renderRun(run: Run, { people, integrations }: Named, turn: Turn): Block[] {
  const person = people.find(({ id }) => id === run.personId);
  const integration = integrations.find(({ id }) => id === run.integrationId);
  const name = integration?.name ?? t`a deleted integration`;
  const what = run.kind === 'execute' ? t`Grant ${name}` : t`Revoke ${name}`;
  const title = `${what}: ${person ? nameOf(person) : t`a deleted person`}`;
  const details = {
    label: t`Details`,
    about: t`Details: ${title}`,
    does: openRun.with({ runId: run.id }),
  };
  const seen = person !== undefined && maySee(turn.actor, person);
  const about = `${standing(run)} · ${showTime(run.createdAt, turn)}`;
  return listRow(title, about, ...(seen ? [details] : []));
}
