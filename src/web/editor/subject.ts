/** What a session edits: the manifest of an integration, or a new one. */

import type { Owner } from '../../engine/integrations/stored-names.ts';
import type { Draft } from '../../engine/ports/integration-stores.ts';
import type { EditorDeps } from './parts.ts';
import type { EditorSession, Subject } from './session.ts';

/** The number of the newest version; 0 where there is none. */
export const numberOf = (subject: Subject): number =>
  subject.kind === 'existing' ? (subject.version?.number ?? 0) : 0;

/** What the text is begun from, as the pages carry it. */
export const baseOf = (subject: Subject): string =>
  subject.kind === 'existing' ? (subject.version?.id ?? '') : '';

/** Of no version there is: what is saved then is compared with the newest first. */
const OLDER = 'older';
export const begunFrom = (subject: Subject): string =>
  subject.kind === 'existing' && subject.isBehind ? OLDER : baseOf(subject);

export const nameOf = (subject: Subject): string =>
  subject.kind === 'existing' ? subject.integration.name : subject.name;

/** Whose manifest it is to be. @param typed the name of a new integration, where one was typed */
export const ownerOf = (subject: Subject, typed: string): Owner =>
  subject.kind === 'existing' ? subject.integration : { name: typed || subject.name };

/** Undefined where it is gone: an integration that was deleted, or a draft that was added or dropped. */
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

/** What was brought as a file, or typed last. */
const leftBy = async (
  { id, subject }: EditorSession,
  { drafts }: EditorDeps['stores'],
): Promise<Draft | undefined> => (await drafts.find(subject)) ?? (await drafts.find(id));

/** As long as a name may be; what is longer is refused when it is saved. */
const NAME_KEPT = 60;

/**
 * Keeps what was typed, for a page that is left and opened again, and for a try that ends with its process. A text that
 * came as a draft is kept in that; any other under the session's own id.
 */
export async function keepTyped(
  session: EditorSession,
  subject: Subject,
  { name, text }: { readonly name: string; readonly text: string },
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
    // When it was begun, which tells whether a version was saved since. A new one waits for a day from now.
    createdAt: subject.kind === 'existing' ? (left?.createdAt ?? now()) : now(),
  });
}

/** Something that can be tried and changed, and shows the parts that most manifests have. */
const STARTER = `${JSON.stringify(
  {
    form: [{ id: 'TEAM', name: 'Team', type: 'input' }],
    execute: [
      {
        url: 'https://api.example.com/users',
        method: 'POST',
        data: { email: '{{email}}', name: '{{first_name}} {{last_name}}', team: '{{TEAM}}' },
      },
    ],
    headers: { Authorization: 'Bearer {{TOKEN}}' },
    initial_data_form: [{ id: 'TOKEN', name: 'API token' }],
  },
  null,
  2,
)}\n`;
