/** `runs`: what was granted and revoked, newest first, narrowed by whose, which integration and how it ended. */
import { z } from 'zod';
import { say, sayNumber } from '../../../core/say.ts';
import type { Integration, Person } from '../../../engine/people/directory.ts';
import { maySee } from '../../../engine/people/permission.ts';
import type { RunFilter } from '../../../engine/ports/run-stores.ts';
import { isUnknown, outcomes, type Run, type RunOutcome } from '../../../engine/runs/run.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Block, note } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { pageShown } from '../paging.ts';
import { nameOf } from '../people/person-words.ts';
import { runCard } from './run-card.ts';

/** `mine`: about me, or started by me. `reports`: about my direct reports. `all`: admins alone. */
const scopes = () =>
  ({ mine: say`Mine`, reports: say`My reports'`, all: say`Everybody's` }) as const;
type Scope = keyof ReturnType<typeof scopes>;

const leftEmpty = (): Record<Scope, string> => ({
  mine: say`Left empty: mine, as now.`,
  reports: say`Left empty: my reports', as now.`,
  all: say`Left empty: everybody's, as now.`,
});

const outcomeWords = (): Record<RunOutcome, string> => ({
  'under-way': say`Under way`,
  succeeded: say`Succeeded`,
  failed: say`Failed or waiting for a retry`,
  unknown: say`Outcome unknown`,
  cancelled: say`Cancelled`,
});

const payload = pageShown.extend({
  scope: z.enum(['mine', 'reports', 'all']),
  integrationId: z.string().optional(),
  outcome: z.enum(['under-way', 'succeeded', 'failed', 'unknown', 'cancelled']).optional(),
});
type Shown = z.infer<typeof payload>;

const history: ListCard<Shown> = listCard({
  id: 'runs.page',
  payload,
  byTime: true,
  narrow: async (wanted, { actor }) => ({
    ...wanted,
    scope: wanted.scope === 'all' && actor.role !== 'admin' ? 'mine' : wanted.scope,
  }),

  async read(shown, at, turn) {
    const { runs: items, total } = await turn.stores.runs.list(await filterOf(shown, turn), at);
    const ids = new Set(items.map(({ personId }) => personId));
    return {
      items,
      total,
      people: await turn.stores.people.findMany([...ids]),
      integrations: await integrationsOf(items, shown, turn.stores),
    };
  },

  title: () => say`Runs`,
  empty: (found) => `${narrowedBy(found)}: ${say`none`}`,
  counted: (found) => `${narrowedBy(found)}: ${sayNumber(found.total)}`,
  row: (run, found, turn) => renderRun(run, found, turn),
  before: ({ shown }) => [{ label: say`Filter…`, does: filterHistory.with(shown) }],
});
export const turnHistoryPage = history.turnPage;

/** The steps, the answers and Retry now are on the run's own card. */
export const openRun = buttonAction({
  id: 'runs.open',
  payload: z.object({ runId: z.string() }),

  async handle({ runId }, { stores, actor }: Turn): Promise<Reply> {
    const run = await stores.runs.find(runId);
    const person = run && (await stores.people.find(run.personId));
    return run && person && maySee(actor, person)
      ? { kind: 'show', card: runCard.with({ runId }) }
      : {
          kind: 'say',
          to: 'here',
          card: note(
            say`You can't see this run`,
            say`Only the manager of its person and Latchkey admins can.`,
          ),
        };
  },
});

export const filterHistory = formAction({
  id: 'runs.filter',
  payload,
  title: () => say`Which runs?`,
  submitLabel: () => say`Show`,

  async fields(shown, { stores, actor }: Turn) {
    const integrations = await stores.integrations.list();
    return {
      fields: {
        scope: {
          kind: 'choice',
          label: say`Whose`,
          hint: leftEmpty()[shown.scope],
          optional: true,
          options: scopesOf(actor),
        },
        integration: {
          kind: 'choice',
          label: say`Integration`,
          optional: true,
          options: integrations.map(({ id, name }) => ({ label: name, value: id })),
        },
        outcome: {
          kind: 'choice',
          label: say`How it ended`,
          optional: true,
          options: outcomeOptions(),
        },
      },
    };
  },

  async submit({ scope, integration, outcome }, shown, turn) {
    const wanted: Shown = {
      scope: scope ?? shown.scope,
      page: 0,
      ...(integration !== undefined && { integrationId: integration }),
      ...(outcome !== undefined && { outcome }),
    };
    return history.reply(wanted, turn);
  },
});

const outcomeOptions = () =>
  (Object.keys(outcomes) as RunOutcome[]).map((value) => ({ label: outcomeWords()[value], value }));

const scopesOf = ({ role }: Person) =>
  (Object.keys(scopes()) as Scope[])
    .filter((scope) => scope !== 'all' || role === 'admin')
    .map((value) => ({ label: scopes()[value], value }));

/** Where somebody begins: admins with everybody's. */
export async function openHistory(turn: Turn): Promise<Reply> {
  const scope: Scope = turn.actor.role === 'admin' ? 'all' : 'mine';
  return history.reply({ scope, page: 0 }, turn);
}

/** Those that the page names, deleted ones too. */
async function integrationsOf(
  runs: readonly Run[],
  { integrationId }: Shown,
  { integrations }: Turn['stores'],
): Promise<readonly Integration[]> {
  const ids = runs.map((run) => run.integrationId);
  const wanted = new Set(integrationId === undefined ? ids : [...ids, integrationId]);
  const found = await Promise.all([...wanted].map((id) => integrations.find(id)));
  return found.filter((each) => each !== undefined);
}

async function filterOf(
  { scope, integrationId, outcome }: Shown,
  { stores, actor }: Turn,
): Promise<RunFilter> {
  const narrowed: RunFilter = {
    ...(integrationId !== undefined && { integrationId }),
    ...(outcome !== undefined && { outcome }),
  };
  if (scope === 'all') return narrowed;
  const reports = scope === 'reports' ? await stores.people.reportsOf(actor.id) : [];
  const concerning =
    scope === 'mine'
      ? { about: [actor.id], startedBy: actor.id }
      : { about: reports.map(({ id }) => id) };
  return { ...narrowed, concerning };
}

interface Named {
  readonly people: readonly Person[];
  /** Deleted ones too. */
  readonly integrations: readonly Integration[];
}

function narrowedBy({ shown, integrations }: Named & { readonly shown: Shown }): string {
  const integration = integrations.find(({ id }) => id === shown.integrationId);
  return [
    scopes()[shown.scope],
    ...(integration ? [integration.name] : []),
    ...(shown.outcome ? [withinLine(outcomeWords()[shown.outcome])] : []),
  ].join(', ');
}

/** Of an outcome, none of which begins with a noun. */
const withinLine = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

const states = (): Record<Run['state'], string> => ({
  queued: say`about to start`,
  running: say`under way`,
  waiting: say`waiting for the other side`,
  retrying: say`⚠ failed, runs again`,
  deferred: say`waiting for another one to finish`,
  succeeded: say`✓ done`,
  failed: say`✗ failed`,
  blocked: say`✗ stopped`,
  cancelled: say`cancelled`,
});

const standing = (run: Run): string => {
  if (!isUnknown(run)) return states()[run.state];
  return run.state === 'retrying' ? say`? outcome unknown, runs again` : say`? outcome unknown`;
};

function renderRun(run: Run, { people, integrations }: Named, turn: Turn): Block[] {
  const person = people.find(({ id }) => id === run.personId);
  const integration = integrations.find(({ id }) => id === run.integrationId);
  const name = integration?.name ?? say`something deleted`;
  const what = run.kind === 'execute' ? say`Grant ${name}` : say`Revoke ${name}`;
  const title = `${what}: ${person ? nameOf(person) : say`somebody who is gone`}`;
  const details = {
    label: say`Details`,
    about: say`Details: ${title}`,
    does: openRun.with({ runId: run.id }),
  };
  const seen = person !== undefined && maySee(turn.actor, person);
  const about = `${standing(run)} · ${showTime(run.createdAt, turn)}`;
  return listRow(title, about, ...(seen ? [details] : []));
}
