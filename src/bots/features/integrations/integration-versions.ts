/** Versions of an integration's manifest: who saved each and when, what restoring it would change, and Restore…. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { restoreVersion as restore } from '../../../engine/integrations/change-integration.ts';
import type { Integration, ManifestVersion } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type OrRefused,
  type Reply,
  replaceWith,
  sayToPerson,
  showCard,
} from '../../view/action.ts';
import {
  type Block,
  type Button,
  type Card,
  note,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { foundForAdmins, foundForReaders, refuse } from '../admins.ts';
import { change } from '../change.ts';
import { type ListCard, listCard, listRow } from '../list-card.ts';
import { pagedLines, pageShown, type Rows, rowsAt } from '../paging.ts';
import { integrationCardRef } from './integration-ref.ts';
import {
  aboutIntegration,
  integrationNow,
  targetPayload,
  targetToRead,
} from './integration-target.ts';
import { whoSaved } from './integration-words.ts';
import { type Changes, manifestChanges } from './manifest-changes.ts';
import { problemLines } from './problem-list.ts';

const wantedToSee = () => t`see integrations`;
const restoreText = () => t`change integrations`;

const shown = targetPayload.extend(pageShown.shape);

export const openVersions = buttonAction({
  id: 'integration.versions',
  payload: targetPayload,
  right: 'see the set-up',
  handle: (target, turn: Turn) => versions.reply({ ...target, page: 0 }, turn),
});

interface Listed extends Rows<ManifestVersion> {
  readonly integration: Integration | undefined;
}

const versions: ListCard<z.infer<typeof shown>> = listCard({
  id: 'integration.versions-page',
  payload: shown,
  admit: targetToRead(wantedToSee),

  async read({ integrationId }, at, { stores }): Promise<Listed> {
    const integration = await stores.integrations.find(integrationId);
    return { ...rowsAt(await stores.integrations.versions(integrationId), at), integration };
  },

  title: ({ integration }) => t`Versions of ${integration?.name ?? ''}`,
  empty: () => t`None`,
  counted: ({ total }) =>
    plural(total, { one: t`1 version`, other: t`${sayNumber(total)} versions` }),
  row: (version, { integration }, turn) => (integration ? row(version, integration, turn) : []),
});
export const turnVersionsPage = versions.turnPage;

const versionPayload = targetPayload.extend({ versionId: z.string() });

const versionToRead = foundForReaders({ what: wantedToSee, about: aboutIntegration }, versionNow);
const versionToRestore = foundForAdmins({ what: restoreText, about: aboutIntegration }, versionNow);

export const showChanges = buttonAction({
  id: 'integration.version-changes',
  payload: versionPayload,
  admit: versionToRead,

  handle: async (_target, { integration, version, ...turn }) =>
    sayToPerson(await changesCard({ integration, version }, 0, turn)),
});

export const turnChangesPage = buttonAction({
  id: 'integration.version-changes-page',
  payload: versionPayload.extend(pageShown.shape),
  admit: versionToRead,
  refusesInPlace: true,

  handle: async ({ page: wanted }, { integration, version, ...turn }) =>
    replaceWith(await changesCard({ integration, version }, wanted, turn)),
});

export const restoreVersion = formAction({
  id: 'integration.restore',
  /** `base`: the newest version when the button was shown; null for none. */
  payload: versionPayload.extend({ base: z.string().nullable() }),
  admit: versionToRestore,
  title: () => t`Restore a version`,
  submitLabel: () => t`Restore`,

  async fields(target, { integration, version, ...turn }) {
    if (isOver(integration, target.base)) return { refused: overtaken(integration) };
    const { total, secrets } = await changesTo({ integration, version }, turn);
    return {
      intro: [
        rich`${strong(integration.name)} will work as in version ${version.number} again: ${total} compared with now. This is saved as a new version, so nothing is lost.`,
        ...secrets,
      ],
    };
  },

  async submit(_values, target, { integration, version, ...turn }): Promise<Reply> {
    if (isOver(integration, target.base)) return refuse(overtaken(integration));
    const restored = await change(turn, (tx, by) =>
      restore(tx, integration, { ...by, versionId: version.id }),
    );
    if (restored.ok) return showCard(integrationCardRef(integration.id));
    const lines = problemLines({ errors: restored.errors, warnings: [] });
    return sayToPerson(note(t`${integration.name} stays as it is`, ...lines));
  },
});

/** Another version was saved after the button was shown. */
const isOver = ({ manifestVersionId }: Integration, base: string | null): boolean =>
  (manifestVersionId ?? null) !== base;

const overtaken = ({ name }: Integration): Card =>
  note(
    t`Someone has already saved another version`,
    t`Nothing was restored. View the versions of ${name} again.`,
  );

interface Versioned {
  readonly integration: Integration;
  readonly version: ManifestVersion;
}

type VersionTarget = z.infer<typeof versionPayload>;

async function versionNow(target: VersionTarget, turn: Turn): Promise<OrRefused<Versioned>> {
  const { integration, refused } = await integrationNow(target, turn);
  if (refused) return { refused };
  const version = await turn.stores.integrations.findVersion(target.versionId);
  return version?.integrationId === integration.id
    ? { integration, version }
    : { refused: note(t`This version no longer exists`, t`View the versions again.`) };
}

async function changesTo({ integration, version }: Versioned, turn: Turn): Promise<Changes> {
  const now = await turn.stores.integrations.findVersion(integration.manifestVersionId);
  const names = await turn.stores.secrets.names(integration.id);
  return manifestChanges(now?.manifest, version.manifest, names);
}

async function changesCard(looked: Versioned, wanted: number, turn: Turn): Promise<Card> {
  const { integration, version } = looked;
  const { lines, total, secrets } = await changesTo(looked, turn);
  const target = { integrationId: integration.id, versionId: version.id };
  return {
    title: t`Version ${version.number} of ${integration.name} compared with now`,
    blocks: [
      paragraph(
        lines.length === 0 ? t`They are the same.` : t`Restoring this version would change:`,
      ),
      ...secrets.map((text): Block => paragraph(`⚠ ${text}`)),
      ...pagedLines(lines, {
        total,
        page: wanted,
        to: (to) => turnChangesPage.with({ ...target, page: to }),
      }),
    ],
  };
}

async function row(
  version: ManifestVersion,
  integration: Integration,
  turn: Turn,
): Promise<Block[]> {
  const who = await whoSaved(turn.stores, version);
  const name = t`Version ${version.number}`;
  const isNow = version.id === integration.manifestVersionId;
  const parts = compact([showTime(version.createdAt, turn), who, isNow && t`in use`]);
  const target = { integrationId: integration.id, versionId: version.id };
  const base = integration.manifestVersionId ?? null;
  const buttons: readonly Button[] = isNow
    ? []
    : [
        {
          label: t`Show changes`,
          about: t`Show changes: ${name}`,
          does: showChanges.with(target),
        },
        {
          label: t`Restore…`,
          about: t`Restore: ${name}`,
          does: restoreVersion.with({ ...target, base }),
        },
      ];
  return listRow(name, parts.join(' · '), ...buttons);
}
