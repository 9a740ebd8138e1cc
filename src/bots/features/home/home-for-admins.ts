/** The parts of Home for admins only: what needs attention, who starts and who leaves. */
import { compact } from '../../../core/compact.ts';
import { addDays, dayIn } from '../../../core/days.ts';
import { DAY_MS } from '../../../core/hours.ts';
import { sayNumber, t } from '../../../core/translate.ts';
import { givenUp } from '../../../engine/event-endpoints/given-up.ts';
import type { ImportState } from '../../../engine/imports/file-import.ts';
import { statesOf } from '../../../engine/integrations/integration-state.ts';
import { fullName, labelOf } from '../../../engine/people/directory.ts';
import { stillRules, stillWords } from '../../../engine/rules/still-rules.ts';
import { forPerson } from '../../../engine/sequences/timeline.ts';
import type { Reader } from '../../live/context.ts';
import { type Block, type Button, buttonRow, strong } from '../../view/card.ts';
import { showDay } from '../../view/dates.ts';
import { turnRemovalsPage } from '../access/removal-list.ts';
import { lookUpPerson } from '../access/shortcuts.ts';
import { openEndpoint } from '../event-endpoints/endpoint-card.ts';
import { openImport } from '../imports/open-import.ts';
import { openSync } from '../imports/sync-actions.ts';
import { openIntegration, turnIntegrationsPage } from '../integrations/integrations-list.ts';
import { openButton } from '../list-card.ts';
import { unsentPart } from '../messages/unsent-messages.ts';
import { staysAfter } from '../offboarding/offboarding-card.ts';
import { pickPerson } from '../people/find-person.ts';
import { openPerson } from '../people/open-person.ts';
import { turnPeoplePage } from '../people/people-list.ts';
import { nameOf } from '../people/person-words.ts';
import { turnReviewsPage } from '../reviews/review-list.ts';
import { openRule, turnRulesPage } from '../rules/rules-list.ts';
import { openRun, turnHistoryPage } from '../runs/run-history.ts';
import { openTimeline } from '../sequences/assign-sequence.ts';
import { effectWords } from '../sequences/sequence-words.ts';
import { turnSequencesPage } from '../sequences/sequences-list.ts';
import { turnAuditPage } from '../settings/audit-log.ts';
import { lookAgain } from '../settings/first-steps.ts';
import { showSettings } from '../settings/workspace-settings.ts';
import { someNames } from '../some-names.ts';
import { wordButton } from '../word-button.ts';
import { everybody, FIRST, type Line, lineRow, part, SHOWN } from './home-part.ts';

/** How many days ahead Home shows starts and leaves. */
const AHEAD_DAYS = 14;

/** Failed imports older than this don't matter any more. */
const IMPORTS_MS = 14 * DAY_MS;
/** How many imports are read; a company has few. */
const IMPORTS = 50;

/** Where admins and auditors go from Home. */
export const adminButtons = (): Block => ({
  kind: 'buttons',
  allShown: true,
  buttons: [
    { label: t`People`, does: turnPeoplePage.with({ text: '', left: false, page: 0 }) },
    { label: t`Integrations`, does: turnIntegrationsPage.with({ page: 0, text: '' }) },
    { label: t`Reviews`, does: turnReviewsPage.with({ page: 0 }) },
    { label: t`Activity`, does: turnHistoryPage.with({ scope: 'all', page: 0 }) },
    { label: t`Settings`, does: showSettings.with({}) },
  ],
  more: [
    { label: t`Setup and health`, does: lookAgain.with({}) },
    { label: t`Sequences`, does: turnSequencesPage.with({ page: 0, text: '' }) },
    { label: t`Rules`, does: turnRulesPage.with({ page: 0, text: '' }) },
    { label: t`Audit log`, does: turnAuditPage.with({ filter: {}, page: 0 }) },
    allElse(),
  ],
});

/** Leads to what has no button on Home. */
export const allElse = (): Button => wordButton(t`What I can do`, 'help');

export const needingAdmins = async (context: Reader): Promise<readonly Block[][]> => [
  await failing(context),
  await notKnown(context),
  await removals(context),
  await unsentPart(context),
  await stuckItems(context),
  await broken(context),
  await imports(context),
  await standingStill(context),
];

export const comingUp = async (context: Reader): Promise<readonly Block[][]> => [
  await starts(context),
  await ends(context),
];

async function failing({ stores }: Reader): Promise<Block[]> {
  const { runs, total } = await stores.runs.list({ outcome: 'failed' }, FIRST);
  const rows = await Promise.all(
    runs.map(async (run) => {
      const [person, integration] = await Promise.all([
        stores.people.find(run.personId),
        stores.integrations.find(run.integrationId),
      ]);
      const what = t`${integration ? labelOf(integration) : t`Something`} for ${person ? nameOf(person) : t`a deleted person`}`;
      return {
        text: what,
        button: {
          label: t`Details`,
          about: t`Details: ${what}`,
          does: openRun.with({ runId: run.id }),
        },
      };
    }),
  );
  return part(t`Failed runs`, {
    rows,
    total,
    rest: {
      label: t`View all`,
      about: t`View all: failed runs`,
      does: turnHistoryPage.with({ scope: 'all', outcome: 'failed', page: 0 }),
    },
  });
}

/** Runs with an unknown outcome: their count and a link. Another part would not fit a Slack Home. */
async function notKnown({ stores }: Reader): Promise<Block[]> {
  const { total } = await stores.runs.list({ outcome: 'unknown' }, { offset: 0, limit: 0 });
  if (total === 0) return [];
  const heading = t`Not confirmed`;
  return [
    { kind: 'divider' },
    {
      kind: 'row',
      text: [strong(`${heading} (${sayNumber(total)})`)],
      buttons: [
        {
          label: t`View`,
          about: t`View: not confirmed`,
          does: turnHistoryPage.with({ scope: 'all', outcome: 'unknown', page: 0 }),
        },
      ],
    },
  ];
}

/** Removals that need someone: their counts and a link. */
async function removals({ stores }: Reader): Promise<Block[]> {
  const { stuck, 'by-hand': byHand } = await stores.removals.countOpen();
  if (stuck + byHand === 0) return [];
  const heading = t`Access not removed yet`;
  const counts = compact([
    stuck > 0 && t`${sayNumber(stuck)} stuck`,
    byHand > 0 && t`${sayNumber(byHand)} by hand`,
  ]).join(', ');
  return [
    { kind: 'divider' },
    {
      kind: 'row',
      text: [strong(heading)],
      detail: [counts],
      buttons: [
        {
          label: t`View`,
          about: t`View access not removed yet`,
          does: turnRemovalsPage.with({ page: 0 }),
        },
      ],
    },
  ];
}

/** Items of sequences that wait for a decision, or couldn't begin. */
async function stuckItems({ stores }: Reader): Promise<Block[]> {
  const { items, total } = await stores.plannedItems.stuck(FIRST);
  const rows: Line[] = [];
  for (const { personId, itemId, state } of items) {
    const [person, item] = await Promise.all([
      stores.people.find(personId),
      stores.sequences.findItem(itemId),
    ]);
    if (!person || !item) continue;
    const does = await forPerson(item.does, person, stores);
    const what = t`${await effectWords(does, stores)} for ${nameOf(person)}`;
    rows.push({
      text: state === 'past' ? t`${what}: needs your decision` : t`${what}: couldn't start`,
      button: {
        label: t`Timeline`,
        about: t`Timeline of ${fullName(person)}: ${what}`,
        does: openTimeline.with({ personId }),
      },
    });
  }
  return part(t`Sequences that need you`, { rows, total, rest: everybody() });
}

/** Event endpoints that Latchkey turned off are here, too: another part would be too much for Teams. */
async function broken({ stores }: Reader): Promise<Block[]> {
  const words: Partial<Record<string, string>> = {
    'needs-secrets': t`needs secrets`,
    'needs-connecting': t`needs connecting`,
    reconnect: t`needs reconnecting`,
    unreadable: t`has a manifest that can't be read`,
  };
  const rows: Line[] = (await givenUp(stores)).map(({ id: endpointId, name }) => ({
    text: t`${name} gets no events: Latchkey turned it off`,
    button: openButton(name, openEndpoint.with({ endpointId })),
  }));
  for (const { integration, state } of await statesOf(stores, await stores.integrations.list())) {
    const what = words[state.kind];
    if (what)
      rows.push({
        text: `${labelOf(integration)} ${what}`,
        button: openButton(
          integration.name,
          openIntegration.with({ integrationId: integration.id }),
        ),
      });
  }
  return part(t`Integrations that need you`, {
    rows: rows.slice(0, SHOWN),
    total: rows.length,
    rest: {
      label: t`All integrations`,
      does: turnIntegrationsPage.with({ page: 0, text: '' }),
    },
  });
}

/** The state of an import in a row; those that have ended are left out. */
const importWords = (): Partial<Record<ImportState, string>> => ({
  reading: t`is being read`,
  unreadable: t`can't be read`,
  ready: t`needs your OK`,
  importing: t`is under way`,
  stuck: t`is stuck`,
});

async function imports(context: Reader): Promise<Block[]> {
  const rows = [...(await fileImports(context)), ...(await syncs(context))];
  return part(t`Imports`, { rows: rows.slice(0, SHOWN), total: rows.length, rest: everybody() });
}

async function fileImports({ stores, now }: Reader): Promise<readonly Line[]> {
  const since = now().getTime() - IMPORTS_MS;
  return (await stores.fileImports.newest(IMPORTS)).flatMap(
    ({ id, fileName, createdAt, progress }) => {
      const state = importWords()[progress.state];
      if (state === undefined || createdAt.getTime() < since) return [];
      const button = openButton(fileName, openImport.with({ importId: id }));
      return [{ text: `${fileName} ${state}`, button }];
    },
  );
}

/** Integrations whose newest import waits for a decision, or has failed. */
async function syncs({ stores }: Reader): Promise<readonly Line[]> {
  const rows: Line[] = [];
  const newestRuns = await stores.syncRuns.newestByApp();
  for (const integration of await stores.integrations.list()) {
    const newest = newestRuns.get(integration.id);
    const state =
      newest?.state === 'ready' && newest.held
        ? t`needs your OK`
        : newest?.state === 'failed'
          ? t`couldn't import people`
          : undefined;
    if (newest && state !== undefined)
      rows.push({
        text: `${labelOf(integration)} ${state}`,
        button: openButton(integration.name, openSync.with({ runId: newest.id })),
      });
  }
  return rows;
}

/** Rules that do nothing, since no import has brought what they compare: one row, since a Slack Home is nearly full. */
async function standingStill({ stores }: Reader): Promise<Block[]> {
  const still = await stillRules(stores);
  const [first] = still;
  if (!first) return [];
  const heading = t`Rules that stand still`;
  const names = someNames(
    still.map(({ rule }) => rule.name),
    SHOWN,
  );
  const missing = new Map(
    still.flatMap((each) => each.missing.map((value) => [value.name, value])),
  );
  return [
    { kind: 'divider' },
    {
      kind: 'row',
      text: [strong(`${heading} (${sayNumber(still.length)})`)],
      detail: [t`${names}: ${stillWords([...missing.values()].slice(0, SHOWN))}`],
      buttons: [
        {
          label: t`View`,
          about: t`View: rules that stand still`,
          does:
            still.length === 1
              ? openRule.with({ ruleId: first.rule.id })
              : turnRulesPage.with({ page: 0, text: '' }),
        },
      ],
    },
  ];
}

async function starts(context: Reader): Promise<Block[]> {
  const today = dayIn(context.scheduleZone, context.now());
  const { people, total } = await context.stores.people.startingBetween(
    today,
    addDays(today, AHEAD_DAYS),
    FIRST,
  );
  return part(t`Starting soon`, {
    rows: people.map((person) => ({
      text: t`${fullName(person)} on ${showDay(person.startDate ?? today)}`,
      button: openButton(fullName(person), openPerson.with({ personId: person.id })),
    })),
    total,
    rest: everybody(),
  });
}

/** Also where nobody leaves: here an admin begins an offboarding. */
async function ends(context: Reader): Promise<Block[]> {
  const { offboardings, total } = await context.stores.offboardings.list('planned', FIRST);
  const rows = await Promise.all(
    offboardings.map(async (offboarding) => {
      const { personId, endDate } = offboarding;
      const person = await context.stores.people.find(personId);
      const name = person ? fullName(person) : t`A deleted person`;
      const stays = person && (await staysAfter(offboarding, person, context));
      return lineRow({
        text: stays
          ? t`${name} should have left on ${showDay(endDate)}, but is the only admin. Make someone else an admin.`
          : t`${name} on ${showDay(endDate)}`,
        button: openButton(name, pickPerson.with({ personId, purpose: 'offboard' })),
      });
    }),
  );
  const heading = t`Leaving`;
  return [
    { kind: 'divider' },
    {
      kind: 'row',
      text: [strong(total === 0 ? heading : `${heading} (${sayNumber(total)})`)],
      detail: total === 0 ? [t`No one has a last day.`] : [],
      buttons: [
        {
          label: t`Offboard…`,
          about: t`Offboard someone`,
          does: lookUpPerson.with({ purpose: 'offboard' }),
        },
      ],
    },
    ...rows,
    ...buttonRow(total > rows.length ? [everybody()] : []),
  ];
}
