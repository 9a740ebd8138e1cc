/** For admins: what an integration can do, who has access and who may request it. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, sayNumber, sayReadyMade, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fieldLabel } from '../../../engine/imports/owned-fields.ts';
import type { ParsedManifest } from '../../../engine/manifest/parse.ts';
import { nextTimes, readSchedule, scheduleWords } from '../../../engine/manifest/schedule.ts';
import type { Manifest, SyncManifest } from '../../../engine/manifest/schema.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { policyInWords } from '../../../engine/requests/policy-words.ts';
import { policyOf, settingsOf } from '../../../engine/settings/settings.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import { asksForCodes } from '../../../engine/step-up/use-code.ts';
import type { Reader } from '../../live/context.ts';
import type { Fact } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { didWords } from '../imports/sync-facts.ts';
import { countPeople } from '../people/person-words.ts';
import { someNames } from '../some-names.ts';
import { assigneeWords } from '../tasks/assignee-form.ts';

/** How many are named; the manifest has all. */
const ASKED_NAMED = 15;
/** How many of a schedule's next times are shown. */
const TIMES = 3;

/** @param checked the newest manifest; undefined for a manual integration */
export async function integrationFacts(
  integration: Integration,
  checked: ParsedManifest | undefined,
  context: Reader,
): Promise<Fact[]> {
  const manifest = checked?.ok ? checked.manifest : undefined;
  const givesAccess = manifest === undefined || manifest.kind === 'provision';
  const readable = checked === undefined || checked.ok;
  return compact([
    ...(manifest ? await whatItDoes(integration, manifest, context) : []),
    ...(readable && givesAccess ? await whoRequestsIt(integration, context) : []),
    !checked && (await doneBy(integration, context.stores)),
    [t`Notices`, await whereNoticesGo(integration, context.stores)],
  ]);
}

async function whatItDoes(
  integration: Integration,
  manifest: Manifest,
  context: Reader,
): Promise<Fact[]> {
  switch (manifest.kind) {
    case 'provision':
      return [
        [t`Asks for`, asks(manifest)],
        [t`Can`, abilities(manifest)],
      ];
    case 'text':
      return [[t`Does`, await textsWords(integration, context.stores)]];
    case 'sync':
      return [
        [
          t`Does`,
          manifest.action === 'create'
            ? t`reads people and adds new ones`
            : t`reads people and updates facts about those already here`,
        ],
        [t`When`, when(integration, manifest, context)],
        ...ownedFields(integration),
        ...(await lastImport(integration, context)),
      ];
    default:
      return unreachable(manifest);
  }
}

const textsWords = async ({ id }: Integration, stores: Stores): Promise<string> =>
  (await workspaceSettings(stores)).textProviderId === id
    ? t`sends this workspace's texts`
    : t`sends texts once you choose it: Settings on Home, then "Texts are sent by"`;

const doneBy = async (integration: Integration, stores: Stores): Promise<Fact> => [
  t`Done by`,
  await assigneeWords(settingsOf(integration).assignee, stores),
];

/** The fields that a grant has to fill in. */
function asks({ form, extraUserInfo }: Pick<Manifest, 'form' | 'extraUserInfo'>): string {
  const fields = form.map(({ name, required }) =>
    required ? sayReadyMade(name) : t`${sayReadyMade(name)} (optional)`,
  );
  const facts = extraUserInfo.map(({ name }) => t`${sayReadyMade(name)} (once per person)`);
  return someNames([...fields, ...facts], ASKED_NAMED) || t`nothing`;
}

function abilities({ exists, revoke, notifications }: Manifest): string {
  const notificationCount = notifications.length;
  return compact([
    exists ? t`grant` : t`grant, without checking whether someone has access`,
    exists && t`check`,
    revoke.length > 0 ? t`revoke` : t`not revoke (that has to be done in the app)`,
    notificationCount > 0 &&
      plural(notificationCount, {
        one: t`send 1 message after granting`,
        other: t`send ${notificationCount} messages after granting`,
      }),
  ]).join(', ');
}

function when(integration: Integration, { schedule }: SyncManifest, context: Reader): string {
  if (schedule === undefined) return t`only when an admin starts it`;
  const read = readSchedule(schedule);
  if (!read.ok) return t`never: "${schedule}" ${read.problem}`;
  const zone = context.scheduleZone;
  const times = nextTimes(read.pattern, zone, { after: context.now(), count: TIMES });
  const next = times.map((time) => showTime(time, context)).join('; ');
  const words = scheduleWords(read.pattern);
  if (settingsOf(integration).schedule?.isPaused) return t`paused; otherwise ${words} (${zone})`;
  return context.timeZone === zone
    ? t`${words} (${zone}). Next: ${next}`
    : t`${words} (${zone}). Next, in your time: ${next}`;
}

/** The fields that it also updates for people who are here. */
function ownedFields(integration: Integration): Fact[] {
  const { owns = [] } = settingsOf(integration);
  return owns.length > 0 ? [[t`Owns`, owns.map(fieldLabel).join(', ')]] : [];
}

/** What the last ended import did. */
async function lastImport({ id }: Integration, context: Reader): Promise<Fact[]> {
  const { runs } = await context.stores.syncRuns.list(
    { integrationId: id, states: ['done', 'failed'] },
    { offset: 0, limit: 1 },
  );
  const [run] = runs;
  if (run?.state !== 'done' && run?.state !== 'failed') return [];
  const what =
    run.state === 'failed'
      ? t`failed: ${sayStored(run.error.message)}`
      : didWords(run) || nothingToChange(run.counts.rows);
  return [[t`Last import`, `${showTime(run.finishedAt, context)}: ${what}`]];
}

const nothingToChange = (rows: number): string =>
  plural(rows, {
    one: t`nothing to change in 1 row`,
    other: t`nothing to change in ${sayNumber(rows)} rows`,
  });

export async function holdersCount({ id }: Integration, { access }: Stores): Promise<string> {
  const { has, unknown } = await access.countAt(id);
  const people = has === 0 ? t`no one yet` : countPeople(has);
  return unknown === 0 ? people : t`${people}; ${unknown} not confirmed`;
}

/** Empty for an integration that is being deleted: it can't be requested. */
async function whoRequestsIt(integration: Integration, { stores }: Reader): Promise<Fact[]> {
  if (settingsOf(integration).whenDeleted) return [];
  const [rule = ''] = await policyInWords(policyOf(integration), stores);
  // Settings… has the whole policy.
  return [[t`Requests`, sentences(rule, ...codesWords(integration))]];
}

export const codesWords = (integration: Integration): readonly string[] =>
  asksForCodes(integration) ? [t`Approvals need a code from an authenticator app.`] : [];

async function whereNoticesGo(integration: Integration, stores: Stores): Promise<string> {
  const { name } = integration;
  const own = settingsOf(integration).notices;
  if (own) return t`to ${own.name}`;
  const { notices } = await workspaceSettings(stores);
  return notices
    ? t`to ${notices.name}, like all that have no place of their own; write "@Latchkey notices ${name}" in another channel to get them there`
    : t`to the admins; write "@Latchkey notices ${name}" in a channel to get them there`;
}
