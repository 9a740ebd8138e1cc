/** One integration for admins: its state with the next step as a button, what it does, and buttons for all changes. Owners see less. */
import { compact } from '../../../core/compact.ts';
import { hoursWords } from '../../../core/hours.ts';
import { plural, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { peopleWithAccess } from '../../../engine/access/removals/people-with-access.ts';
import { type IntegrationState, stateOf } from '../../../engine/integrations/integration-state.ts';
import { manifestIn } from '../../../engine/integrations/manifest-of.ts';
import type { ParsedManifest } from '../../../engine/manifest/parse.ts';
import type { Manifest, SyncManifest } from '../../../engine/manifest/schema.ts';
import { checkHere } from '../../../engine/manifest/workspace-check.ts';
import {
  type Integration,
  labelOf,
  type ManifestVersion,
} from '../../../engine/people/directory.ts';
import { mayAt, maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { settingsOf } from '../../../engine/settings/settings.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  factList,
  muted,
  note,
  paragraph,
  strong,
  type Text,
  withButtons,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { turnHoldersPage } from '../access/holders-list.ts';
import { ownFields } from '../imports/own-fields.ts';
import { pauseSync, resumeSync } from '../imports/pause-sync.ts';
import { beginSync } from '../imports/sync-actions.ts';
import { managedByFiles } from '../managed-by-files.ts';
import { noOwnNotices } from '../messages/notices.ts';
import { openPolicy } from '../policies/apply-policy.ts';
import { ownedApp } from '../policies/owned-app.ts';
import { someNames } from '../some-names.ts';
import { appNotSeen } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { changeBreakGlass } from './break-glass-setting.ts';
import { showCallbackAddress } from './callback-address.ts';
import { deleteIntegration } from './delete-integration.ts';
import { editIntegration } from './edit-integration.ts';
import { enterSecrets } from './enter-secrets.ts';
import { holdersCount, integrationFacts } from './integration-facts.ts';
import { integrationRefs } from './integration-ref.ts';
import { changePolicy } from './integration-settings.ts';
import { openVersions } from './integration-versions.ts';
import { openWarnings } from './integration-warnings.ts';
import { unreadWords, whoSaved } from './integration-words.ts';
import { changeNameAndIcon } from './name-and-icon.ts';
import { openPage } from './open-page.ts';
import { problemCount, problemLine, problemsOf } from './problem-list.ts';
import { turnIntegrationOff, turnIntegrationOn } from './turn-integration.ts';

/** How many missing values are named. */
const NAMED = 10;
/** How many problems the card shows; more have their own list. */
const WARNINGS_SHOWN = 3;

export const integrationCard = liveCard({
  ...integrationRefs,

  async render({ integrationId }, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    const integration = await stores.integrations.find(integrationId);
    if (!mayAt(reader, 'see app', integration ?? {}))
      return appNotSeen(t`You can't see this any more`, context, integration);
    if (!integration || integration.deletedAt) return gone();
    if (!maySeeSetUp(reader)) return ownedApp(integration, context);
    const version = await stores.integrations.findVersion(integration.manifestVersionId);
    const checked = version && (await checkHere(stores, version.manifest));
    const isReadable = version === undefined || manifestIn(version) !== undefined;
    const state = await stateOf(stores, integration);
    const unread = unreadWords(integration, checked?.ok ? checked.manifest : undefined);
    return {
      title: labelOf(integration),
      blocks: compact([
        paragraph(
          state.kind === 'deleting'
            ? await deletingStanding(integration, context)
            : standing(state, checked, settingsOf(integration).schedule?.isPaused ?? false),
        ),
        unread !== undefined && paragraph(unread),
        ...steps(state, integration, checked),
        ...problems(integration, isReadable ? checked : undefined),
        { kind: 'divider' },
        factList(await integrationFacts(integration, checked, context)),
        version && (await savedBy(version, context)),
        ...(await managedByFiles(stores, 'integration', integrationId)),
        ...(await holdersRow(integration, checked, stores)),
        ...breakGlassRow(integration, checked),
        ...changes(integration, isReadable, checked),
      ]),
    };
  },
});

/** The progress of the removals. A new manifest or connection retries those that are stuck. */
async function deletingStanding(integration: Integration, { stores }: Reader): Promise<Text> {
  const { id: integrationId, name } = integration;
  const { people = 0, access } = settingsOf(integration).whenDeleted ?? {};
  const left = (await peopleWithAccess(stores, integrationId)).length;
  const removed = Math.max(0, people - left);
  const stuck = await stores.removals.count({ integrationId, state: 'stuck' });
  const byHand = await stores.removals.count({ integrationId, state: 'by-hand' });
  const open = await stores.removals.count({ integrationId, state: 'open' });
  return [
    strong(t`Being deleted.`),
    ' ',
    sentences(
      access === 'keep'
        ? plural(open, {
            one: t`It's deleted once 1 open removal is done.`,
            other: t`It's deleted once ${open} open removals are done.`,
          })
        : t`${removed} of ${Math.max(people, left)} removed; it's deleted after the last one.`,
      stuck > 0 &&
        t`${stuck} stuck: Latchkey retries at once when you change the manifest, secrets or connection of ${name}.`,
      byHand > 0 && t`${byHand} to remove by hand, each as a task.`,
    ),
  ];
}

/** The state, and what to do next. */
function standing(
  state: Exclude<IntegrationState, { kind: 'deleting' }>,
  checked: ParsedManifest | undefined,
  isPaused: boolean,
): Text {
  const manifest = checked?.ok ? checked.manifest : undefined;
  switch (state.kind) {
    case 'ready':
      return [
        strong(t`✓ Ready.`),
        ' ',
        manifest?.kind === 'sync'
          ? syncStanding(manifest, isPaused)
          : manifest?.kind === 'text'
            ? t`It runs automatically.`
            : t`Grant it to someone, or let people request it.`,
      ];
    case 'needs-secrets':
      return [
        strong(t`⚠ Needs secrets.`),
        ' ',
        sentences(
          t`Enter ${someNames(state.names, NAMED)}; until then it does nothing.`,
          manifest && hasCallback(manifest) && t`Register the callback address in the app first.`,
        ),
      ];
    case 'needs-connecting':
      return [
        strong(t`⚠ Needs connecting.`),
        ' ',
        t`Sign in to the app so that Latchkey can work there.`,
      ];
    case 'reconnect':
      return [
        strong(t`⚠ Needs reconnecting.`),
        ' ',
        t`The app rejected the saved sign-in. Sign in there again.`,
      ];
    case 'off':
      return [
        strong(t`Turned off.`),
        ' ',
        t`It grants no access and imports no one. Turn it on to use it.`,
      ];
    case 'manual':
      return [
        strong(t`✓ Ready, done by hand.`),
        ' ',
        t`It has no manifest: granting and revoking create tasks for people.`,
      ];
    case 'unreadable':
      return [
        strong(t`✗ Its manifest can't be read.`),
        ' ',
        t`Fix it in the editor, or upload another one; until then the integration does nothing.`,
      ];
    default:
      return unreachable(state);
  }
}

function syncStanding({ action, schedule }: SyncManifest, isPaused: boolean): string {
  if (schedule !== undefined && !isPaused) return t`It runs automatically.`;
  return action === 'create'
    ? t`It imports people when an admin starts it.`
    : t`It reads people when an admin starts it.`;
}

/** Whether connecting redirects an admin to the app and back. */
const hasCallback = ({ oauth }: Manifest): boolean => oauth !== undefined && !oauth.withoutCode;

/** The next step comes first, then the steps that can be repeated at any time. */
function steps(
  state: IntegrationState,
  integration: Integration,
  checked: ParsedManifest | undefined,
): Block[] {
  const { id } = integration;
  const manifest = checked?.ok ? checked.manifest : undefined;
  const asks = manifest?.initialDataForm.some(({ generate }) => !generate) === true;
  const connects = manifest?.oauth !== undefined;
  const enter = (label: string): Button => ({
    label,
    does: enterSecrets.with({ integrationId: id }),
  });
  const connect = (label: string): Button => ({
    label,
    does: openPage.with({ purpose: 'connect', subject: id }),
  });
  const callback =
    manifest && hasCallback(manifest)
      ? [{ label: t`Callback address`, does: showCallbackAddress.with({ integrationId: id }) }]
      : [];
  const replace = asks ? [enter(t`Replace secrets…`)] : [];
  const buttons = ((): Button[] => {
    switch (state.kind) {
      case 'ready':
        return compact([
          ...(manifest?.kind === 'sync' ? importing(integration, manifest) : []),
          manifest?.kind === 'provision' && wordButton(t`Grant access`, 'grant'),
          connects && connect(t`Reconnect`),
          ...replace,
          ...callback,
        ]);
      case 'needs-secrets':
        return [{ ...enter(t`Enter secrets…`), tone: 'primary' }, ...callback];
      case 'needs-connecting':
        return [{ ...connect(t`Connect`), tone: 'primary' }, ...replace, ...callback];
      case 'reconnect':
        return [{ ...connect(t`Reconnect`), tone: 'primary' }, ...replace, ...callback];
      case 'deleting':
        return compact([connects && connect(t`Reconnect`), ...replace, ...callback]);
      case 'off':
        return [
          {
            label: t`Turn on`,
            tone: 'primary',
            does: turnIntegrationOn.with({ integrationId: id }),
          },
        ];
      case 'unreadable':
        return [{ ...editor(id), tone: 'primary' }];
      case 'manual':
        return [];
      default:
        return unreachable(state);
    }
  })();
  return buttonRow(buttons);
}

function importing(integration: Integration, { action, schedule }: SyncManifest): Button[] {
  const target = { integrationId: integration.id };
  const rest = settingsOf(integration).schedule?.isPaused
    ? { label: t`Resume the schedule`, does: resumeSync.with(target) }
    : { label: t`Pause the schedule`, does: pauseSync.with(target) };
  return compact([
    {
      label: action === 'create' ? t`Import people…` : t`Run now`,
      tone: 'primary',
      does: beginSync.with(target),
    },
    schedule !== undefined && rest,
  ]);
}

/** A saved manifest may break a newer rule. It stays in use, and the card shows its errors. */
function problems({ id }: Integration, checked: ParsedManifest | undefined): Block[] {
  const found = checked ? problemsOf(checked) : { errors: [], warnings: [] };
  const { errors, warnings } = found;
  const all = [...errors, ...warnings];
  const shown = all.length > WARNINGS_SHOWN ? errors.slice(0, WARNINGS_SHOWN) : all;
  return [
    ...shown.map((problem, index) =>
      paragraph(problemLine(index < errors.length ? '✗' : '⚠', problem)),
    ),
    ...buttonRow([
      all.length > shown.length && {
        label: errors.length === 0 ? t`${all.length} warnings` : problemCount(found),
        does: openWarnings.with({ integrationId: id }),
      },
    ]),
  ];
}

async function savedBy(version: ManifestVersion, context: Reader): Promise<Block> {
  const who = await whoSaved(context.stores, version);
  const when = showTime(version.createdAt, context);
  return muted(t`Version ${version.number}, saved on ${when} by ${who}`);
}

const editor = (integrationId: string): Button => ({
  label: t`Open the editor`,
  does: openPage.with({ purpose: 'manifest', subject: integrationId }),
});

async function holdersRow(
  integration: Integration,
  checked: ParsedManifest | undefined,
  stores: Stores,
): Promise<Block[]> {
  if (checked?.ok && checked.manifest.kind !== 'provision') return [];
  const integrationId = integration.id;
  const about = t`View: who has access`;
  const view = { label: t`View`, about, does: turnHoldersPage.with({ integrationId, page: 0 }) };
  const text = t`Has access: ${await holdersCount(integration, stores)}`;
  return [{ kind: 'row', text: [text], buttons: [view] }];
}

/** Whether access may be taken without an approval; for admins to change. */
function breakGlassRow(integration: Integration, checked: ParsedManifest | undefined): Block[] {
  const { id: integrationId, manifestVersionId, deletingSince } = integration;
  const grants = manifestVersionId !== undefined && checked?.ok;
  if (!grants || checked.manifest.kind !== 'provision' || deletingSince) return [];
  const { breakGlass } = settingsOf(integration);
  const text = breakGlass
    ? t`Break-glass: at most ${hoursWords(breakGlass.longestHours)}`
    : t`Break-glass: not allowed`;
  const change = {
    label: t`Break-glass…`,
    about: t`Break-glass: ${integration.name}`,
    does: changeBreakGlass.with({ integrationId }),
  };
  return [{ kind: 'row', text: [text], buttons: [change] }];
}

function changes(
  integration: Integration,
  isReadable: boolean,
  checked: ParsedManifest | undefined,
): Block[] {
  const { id: integrationId, enabled, deletingSince, manifestVersionId } = integration;
  const target = { integrationId };
  const isAskedFor = !checked?.ok || checked.manifest.kind === 'provision';
  const isImport =
    checked?.ok && checked.manifest.kind === 'sync' && checked.manifest.action === 'create';
  return buttonRow(
    [
      ...(isAskedFor
        ? [
            { label: t`Settings…`, does: changePolicy.with(target) },
            { label: t`Who approves`, does: openPolicy.with(target) },
          ]
        : []),
      isImport && { label: t`Owned fields…`, does: ownFields.with(target) },
      isReadable && editor(integrationId),
    ],
    compact([
      { label: t`Upload a manifest…`, does: editIntegration.with(target) },
      { label: t`Name and emoji…`, does: changeNameAndIcon.with(target) },
      settingsOf(integration).notices && {
        label: t`Use default for notices`,
        does: noOwnNotices.with(target),
      },
      manifestVersionId !== undefined && { label: t`Versions`, does: openVersions.with(target) },
      enabled && { label: t`Turn off…`, does: turnIntegrationOff.with(target) },
      !deletingSince && { label: t`Delete…`, does: deleteIntegration.with(target) },
    ]),
  );
}

const gone = () =>
  withButtons(
    note(t`This integration was deleted`, t`What it granted is still in the activity list.`),
    wordButton(t`Integrations`, 'integrations'),
    wordButton(t`Activity`, 'activity'),
  );
