/** `/editor/try`: chooses the part, the person and the answers of a try, starts it and shows its progress. */
import { createHash } from 'node:crypto';
import type { Response } from 'express';
import { compact } from '../../core/compact.ts';
import { t } from '../../core/translate.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import { fullName, type Person } from '../../engine/people/directory.ts';
import type { OptionsAnswer } from '../../engine/ports/chat-stores.ts';
import { checkText } from '../../web/editor/check.ts';
import type { EditorDeps } from '../../web/editor/editor-deps.ts';
import { nameOf, ownerOf } from '../../web/editor/subject.ts';
import { rootOf, type Turn } from '../../web/editor/turn.ts';
import { ANSWER, type Typed } from '../../web/editor/typed.ts';
import type { Part } from '../parts.ts';
import type { Trying } from '../tries.ts';
import { answersIn, liveFields, questionsOf } from './questions.ts';
import { tryView } from './try-view.ts';

type Handler = (turn: Turn, deps: EditorDeps, response: Response) => Promise<void>;

interface TryHandlers {
  /** Shows the state of the session's try. */
  readonly follow: Handler;
  readonly press: Handler;
}

/** People in one search. For a longer list the page says to type more letters. */
const PEOPLE_SHOWN = 10;
/** Without a script the page reloads. */
const REFRESH_SECONDS = 2;
const ONCE_BYTES = 9;

export function tryHandlers({ tries }: Pick<EditorDeps, 'tries'>): TryHandlers {
  /** Each session's last choice, so that we can render its page again. */
  const chosen = new Map<string, Typed>();
  /** The input of each session's last try. A second press of the same button would send everything twice. */
  const begunWith = new Map<string, string>();

  return {
    async follow(turn, deps) {
      const trying = tries.of(turn.session);
      if (!trying) return setUp(turn, deps, t`No try is running here now. Choose what to try.`);
      showTry(turn, trying, chosen.get(turn.session.id));
    },

    async press(turn, deps, response) {
      switch (turn.typed.do) {
        case 'stop':
          tries.stop(turn.session);
          return response.redirect(303, `${rootOf(turn.session, deps.base)}/try`);
        case 'dry':
        case 'real': {
          const { session, typed } = turn;
          const follow = () => response.redirect(303, `${rootOf(session, deps.base)}/try`);
          const pressed = createHash('sha256').update(JSON.stringify(typed)).digest('base64');
          if (typed.once !== '' && begunWith.get(session.id) === pressed) return follow();
          keepLast(begunWith, session.id, pressed);
          const refused = await start(turn, deps);
          if (refused !== undefined) return setUp(turn, deps, refused);
          keepLast(chosen, session.id, typed);
          return follow();
        }
        default:
          return setUp(turn, deps);
      }
    },
  };
}

/** More than are ever open at once. The oldest sessions have long ended. */
const KEPT_SESSIONS = 100;

function keepLast<T>(bySession: Map<string, T>, sessionId: string, value: T): void {
  bySession.delete(sessionId);
  const [oldest] = bySession.keys();
  if (bySession.size >= KEPT_SESSIONS && oldest !== undefined) bySession.delete(oldest);
  bySession.set(sessionId, value);
}

// ---------------------------------------------------------------- choosing

async function setUp(turn: Turn, deps: EditorDeps, notice?: string): Promise<void> {
  const { typed, subject, show } = turn;
  // Without typed text, someone opened the page by its address.
  const text = typed.manifest || subject.text;
  const read = await readManifest(text, deps);
  const common = {
    title: t`Try the manifest of ${typed.name || nameOf(subject)}`,
    text,
    notice,
    once: Buffer.from(deps.randomBytes(ONCE_BYTES)).toString('base64url'),
  };
  if (!read.ok) {
    const checked = await checkText(text, ownerOf(subject, typed.name), deps);
    return show('try', {
      ...common,
      notice: t`It has errors, so it can't be tried yet. Each is listed here with its line.`,
      errors: checked.errors,
      warnings: checked.warnings,
    });
  }
  const { manifest } = read;
  const available = partsOf(manifest);
  const part = available.find((each) => each === typed.part) ?? available[0];
  const person = await personOf(turn, deps);
  const found = await findPeople(typed.q, person, deps);
  const live = manifest.kind === 'sync' ? [] : liveFields(manifest);
  const fetched =
    typed.do === 'options' && person
      ? await fetchOptions(turn, deps, { manifest, person, text })
      : {};
  const questions =
    manifest.kind === 'sync' || !person || !available.includes('execute')
      ? []
      : questionsOf(manifest, { person, answers: typed.answers, fetched });
  show('try', {
    ...common,
    canTry: part !== undefined,
    notice: part === undefined ? t`It has no requests yet, so there is nothing to try.` : notice,
    parts: available.map((each) => ({
      part: each,
      label: partLabels()[each],
      isChosen: each === part,
    })),
    isAboutPerson: manifest.kind !== 'sync',
    ...found,
    q: typed.q,
    asks: questions.length > 0,
    questions,
    hasLive: live.length > 0,
  });
}

const partLabels = (): Readonly<Record<Part, string>> => ({
  execute: t`Grant (execute)`,
  exists: t`Check (exists)`,
  revoke: t`Revoke (revoke)`,
  sync: t`Import (sync)`,
  options: t`Options (options)`,
  accounts: t`Accounts (accounts)`,
});

/** Not `options`: the page gets those of each field beside its question. */
function partsOf(manifest: Manifest): readonly Part[] {
  if (manifest.kind === 'sync') return ['sync'];
  return [
    ...(manifest.execute.length > 0 ? (['execute'] as const) : []),
    ...(manifest.exists ? (['exists'] as const) : []),
    ...(manifest.revoke.length > 0 ? (['revoke'] as const) : []),
    ...(manifest.kind === 'provision' && manifest.accounts ? (['accounts'] as const) : []),
  ];
}

async function readManifest(
  text: string,
  { check }: EditorDeps,
): Promise<{ readonly ok: true; readonly manifest: Manifest } | { readonly ok: false }> {
  const checked = await check(text);
  return checked.ok ? checked : { ok: false };
}

/** The chosen person. By default the author of the manifest. */
const personOf = ({ typed, session }: Turn, { stores }: EditorDeps): Promise<Person | undefined> =>
  stores.people.find(typed.person || session.personId);

async function findPeople(q: string, chosen: Person | undefined, { stores }: EditorDeps) {
  const found =
    q.trim() === ''
      ? { people: [], total: 0 }
      : await stores.people.search(q, { offset: 0, limit: PEOPLE_SHOWN });
  const others = found.people.filter(({ id }) => id !== chosen?.id);
  return {
    people: compact([chosen, ...others]).map((person) => ({
      id: person.id,
      label: `${fullName(person)} (${person.email})`,
      isChosen: person.id === chosen?.id,
    })),
    peopleNote:
      q.trim() === ''
        ? undefined
        : found.total === 0
          ? t`No one matches "${q}". Try another part of the name or address.`
          : found.total > found.people.length
            ? t`Showing the first ${found.people.length} of ${found.total}. Type more letters to see fewer.`
            : undefined,
  };
}

async function fetchOptions(
  { session, subject }: Turn,
  { tries }: EditorDeps,
  { manifest, person, text }: { manifest: Manifest; person: Person; text: string },
): Promise<Readonly<Record<string, OptionsAnswer>>> {
  const wanted = { session, subject, text, manifest, person };
  const answers = await Promise.all(
    liveFields(manifest).map(async ({ id }) => [id, await tries.options(wanted, id)] as const),
  );
  return Object.fromEntries(answers);
}

// ---------------------------------------------------------------- trying

/** @returns why it was not started, as a sentence */
async function start(turn: Turn, deps: EditorDeps): Promise<string | undefined> {
  const { session, subject, typed } = turn;
  const read = await readManifest(typed.manifest, deps);
  if (!read.ok) return t`It has errors.`;
  const { manifest } = read;
  const part = partsOf(manifest).find((each) => each === typed.part);
  if (!part) return t`Choose what to try.`;
  const dryRun = typed.do === 'dry';
  if (!dryRun && typed.sure !== 'yes')
    return t`Nothing was sent. To run it for real, tick "Send the requests" first.`;
  const person = manifest.kind === 'sync' ? undefined : await personOf(turn, deps);
  if (manifest.kind !== 'sync' && part !== 'accounts' && !person)
    return t`The person you chose is no longer in the directory. Choose someone else.`;
  const form =
    manifest.kind === 'sync' || part !== 'execute' ? {} : answersIn(manifest, typed.answers);
  const started = await deps.tries.start(
    { session, subject, text: typed.manifest, manifest, person },
    { part, dryRun, form },
  );
  return started.kind === 'busy'
    ? t`You already have a try running. Stop it first, or wait until it ends.`
    : undefined;
}

function showTry({ show, typed }: Turn, trying: Trying, chosen: Typed | undefined): void {
  const { wanted } = trying;
  const view = tryView(trying);
  show('tried', {
    title: t`${wanted.dryRun ? t`Dry run` : t`Try`} of ${wanted.name}: ${partLabels()[wanted.part]}`,
    ...view,
    ...(view.isRunning && { refreshSeconds: REFRESH_SECONDS }),
    text: wanted.manifestText,
    base: chosen?.base ?? typed.base,
    ...(chosen?.name && { name: chosen.name }),
    remembered: chosen ? remembered(chosen) : [],
  });
}

/** The last choice, for another try. */
const remembered = ({ part, person, answers }: Typed) => [
  { name: 'part', value: part },
  { name: 'person', value: person },
  ...Object.entries(answers).flatMap(([id, values]) =>
    values.map((value) => ({ name: ANSWER + id, value })),
  ),
];
