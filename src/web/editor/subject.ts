/** What a session edits: the manifest of an integration, or a new one. */
import type { Owner } from '../../engine/integrations/stored-names.ts';
import type { Draft } from '../../engine/ports/integration-stores.ts';
import type { EditorDeps } from './editor-deps.ts';
import type { EditorSession, Subject } from './session.ts';
import type { Typed } from './typed.ts';

/** The newest version's number. 0 when there is none. */
export const numberOf = (subject: Subject): number =>
  subject.kind === 'existing' ? (subject.version?.number ?? 0) : 0;

/** The id of the version that the text starts from, as the pages carry it. */
export const baseOf = (subject: Subject): string =>
  subject.kind === 'existing' ? (subject.version?.id ?? '') : '';

/** Equals no version, so a save first compares the text with the newest version. */
const OLDER = 'older';
export const begunFrom = (subject: Subject): string =>
  subject.kind === 'existing' && subject.isBehind ? OLDER : baseOf(subject);

export const nameOf = (subject: Subject): string =>
  subject.kind === 'existing' ? subject.integration.name : subject.name;

/** The manifest's future owner. @param typed the name of a new integration, when there is one */
export const ownerOf = (subject: Subject, typed: string): Owner =>
  subject.kind === 'existing' ? subject.integration : { name: typed || subject.name };

/** Undefined when it no longer exists: a deleted integration, or a draft that was added or deleted. */
export async function subjectOf(
  session: EditorSession,
  { stores }: Pick<EditorDeps, 'stores'>,
): Promise<Subject | undefined> {
  const draft = await stores.drafts.find(session.subject);
  if (draft && (draft.personId !== session.personId || draft.kind !== 'manifest')) return undefined;
  if (draft && draft.integrationId === undefined)
    return { kind: 'new', name: draft.name, text: draft.text || STARTER };
  const integration = await stores.integrations.find(draft?.integrationId ?? session.subject);
  if (!integration || integration.deletedAt) return undefined;
  const version = await stores.integrations.findVersion(integration.manifestVersionId);
  const left = await leftBy(session, stores);
  const text = left?.text ?? version?.manifest ?? STARTER;
  const isBehind =
    left !== undefined && version !== undefined && left.createdAt < version.createdAt;
  return {
    kind: 'existing',
    integration,
    version,
    text,
    isBehind: isBehind && text !== version.manifest,
  };
}

/** The uploaded file, or the last typed text. */
const leftBy = async (
  { id, subject }: EditorSession,
  { drafts }: EditorDeps['stores'],
): Promise<Draft | undefined> => (await drafts.find(subject)) ?? (await drafts.find(id));

/** The longest allowed name. A longer one is refused when it is saved. */
const NAME_KEPT = 60;

/**
 * Keeps the typed text, for a page that is left and opened again, and for a try that ends with its process. The text of a
 * draft is kept in the draft, any other under the session's id.
 */
export async function keepTyped(
  session: EditorSession,
  {
    subject,
    typed: { name, manifest: text, base },
  }: {
    readonly subject: Subject;
    readonly typed: Pick<Typed, 'name' | 'manifest' | 'base'>;
  },
  { stores, now }: Pick<EditorDeps, 'stores' | 'now'>,
): Promise<void> {
  if (text === '' || text === subject.text) return;
  const left = await leftBy(session, stores);
  const isNamed = subject.kind === 'new' && name !== '' && name.length <= NAME_KEPT;
  await stores.drafts.put({
    id: left?.id ?? session.id,
    personId: session.personId,
    kind: 'manifest',
    ...(subject.kind === 'existing' && { integrationId: subject.integration.id }),
    name: isNamed ? name : nameOf(subject),
    text,
    // The start time shows whether someone saved a version since. A draft expires a day from now.
    createdAt:
      subject.kind === 'existing' ? begunAt(subject, base, left?.createdAt ?? now()) : now(),
  });
}

/** A text that started from an older version was begun before the newest, however late it is kept for the first time. */
function begunAt(subject: Subject & { readonly kind: 'existing' }, base: string, at: Date): Date {
  const { version } = subject;
  return version && base !== version.id && at >= version.createdAt
    ? new Date(version.createdAt.getTime() - 1)
    : at;
}

/** A first manifest to try and change. It shows the parts that most manifests have. */
const STARTER = `${JSON.stringify(
  {
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    exists: {
      url: 'https://api.example.com/users?email={{email}}',
      method: 'GET',
      expected: '{{email}}',
    },
    execute: [
      {
        url: 'https://api.example.com/users',
        method: 'POST',
        data: { email: '{{email}}', name: '{{first_name}} {{last_name}}', team: '{{TEAM}}' },
      },
    ],
    revoke: [
      {
        url: 'https://api.example.com/users/{{email}}',
        method: 'DELETE',
        status_code: [200, 204, 404],
      },
    ],
    headers: { Authorization: 'Bearer {{TOKEN}}' },
    initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
  },
  null,
  2,
)}\n`;
