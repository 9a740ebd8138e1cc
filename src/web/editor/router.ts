/**
 * `/editor/<session>`: writing a manifest in a browser. Every page works without a script, and no answer loses what was typed: the
 * text travels with the pages. Words: the *base* is the version that the text was begun from.
 */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { stringifyJson } from '../../core/json.ts';
import { readManifestJson } from '../../engine/manifest/parse.ts';
import { StaleWrite } from '../../engine/ports.ts';
import { assetFiles } from './assets.ts';
import { type Checked, checkText } from './check.ts';
import { diffLines } from './diff-lines.ts';
import type { EditorParts, Saved } from './parts.ts';
import { keepTyped, nameOf, numberOf, type Subject, subjectOf } from './subject.ts';
import { tryHandlers } from './try-router.ts';
import { rootOf, type Turn } from './turn.ts';
import { readTyped } from './typed.ts';
import { type Page, type PageName, previewView, sendEditorPage } from './views.ts';

/** A manifest has a million characters at most, and a form may need three signs for each. */
const BODY_BYTES = 4 * 1024 * 1024;
const NONCE_BYTES = 16;

export function editorPages(parts: EditorParts): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: BODY_BYTES });
  const json = express.json({ limit: BODY_BYTES });
  const tries = tryHandlers(parts);

  router.use(assetFiles(parts.assets));
  router.get('/editor/:session', page(parts, begin));
  router.post('/editor/:session', form, page(parts, press));
  router.get('/editor/:session/try', page(parts, tries.follow));
  router.post('/editor/:session/try', form, page(parts, tries.press));
  router.post('/editor/:session/check', json, (request, response) =>
    check(parts, request, response),
  );
  return router;
}

// ---------------------------------------------------------------- who may

/** Runs `handle` for a session that may go on; to any other it gives back what was typed. */
function page(
  parts: EditorParts,
  handle: (turn: Turn, parts: EditorParts, response: Response) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const nonce = Buffer.from(parts.randomBytes(NONCE_BYTES)).toString('base64');
    const typed = readTyped(request.body);
    const send = (name: PageName, view: Page, status = 200) =>
      sendEditorPage(response, { status, name, page: view, nonce }, parts);
    const over = (status: number, { title, text }: { title: string; text: string }) =>
      send('over', { title, text, typed: typed.manifest }, status);

    const admitted = await parts.session(request);
    if (!admitted.ok) return over(admitted.status, admitted.page);
    const { session } = admitted;
    const subject = await subjectOf(session, parts);
    if (!subject) return over(410, gone);
    await keepTyped(session, subject, { name: typed.name, text: typed.manifest }, parts);
    const shared = {
      root: rootOf(session, parts.base),
      csrf: session.csrf,
      base: typed.base || baseOf(subject),
      name: typed.name || nameOf(subject),
      isNew: subject.kind === 'new',
      text: typed.manifest,
      endsAt: timeOf(session.expiresAt),
    };
    await handle(
      {
        session,
        subject,
        typed,
        show: (name, view, status) => send(name, { ...shared, ...view }, status),
      },
      parts,
      response,
    );
  };
}

/** As JSON, for the script: the problems with their places, and the preview. */
async function check(parts: EditorParts, request: Request, response: Response): Promise<void> {
  const typed = readTyped(request.body);
  const admitted = await parts.session(request);
  response.set('Cache-Control', 'no-store');
  if (!admitted.ok) {
    response.status(admitted.status).json({ message: admitted.page.text });
    return;
  }
  response.json(await checkText(typed.manifest, typed.name || 'New integration', parts));
}

// ---------------------------------------------------------------- the editor

const begin = async (turn: Turn): Promise<void> => showEditor(turn, { text: turn.subject.text });

async function press(turn: Turn, parts: EditorParts): Promise<void> {
  switch (turn.typed.do) {
    case 'check':
    case 'preview':
      return showChecked(turn, parts);
    case 'format':
      return format(turn, parts);
    case 'review':
      return review(turn, parts);
    case 'save':
      return save(turn, parts);
    default:
      // Whoever comes back, or sends the form with the Enter key, finds the text as it was.
      return showEditor(turn, {});
  }
}

function showEditor(
  { subject, show }: Turn,
  view: { readonly text?: string; readonly notice?: string; readonly checked?: Checked },
  withPreview = false,
): void {
  const { checked, ...rest } = view;
  const isFine = checked && checked.errors.length === 0 && checked.warnings.length === 0;
  show('editor', {
    title: titleOf(subject),
    intro:
      subject.kind === 'new'
        ? 'Latchkey follows this manifest when it grants, checks and takes away access at a service.'
        : subject.version
          ? `This is version ${subject.version.number}; what you save becomes version ${subject.version.number + 1}.`
          : 'So far people have done this by hand; when you save a manifest, Latchkey does it by itself.',
    open: '{{',
    close: '}}',
    ...(checked && { checked: true, isFine, errors: checked.errors, warnings: checked.warnings }),
    ...(checked?.preview && withPreview && { preview: previewView(checked.preview) }),
    ...rest,
  });
}

async function showChecked(turn: Turn, parts: EditorParts): Promise<void> {
  const { typed } = turn;
  const checked = await checkText(typed.manifest, typed.name || nameOf(turn.subject), parts);
  const wantsPreview = typed.do === 'preview';
  const notice =
    checked.errors.length > 0
      ? `There ${counted(checked.errors.length, 'error')}. Each is listed below with its line${wantsPreview ? '; the preview comes when they are gone' : ''}.`
      : checked.warnings.length > 0
        ? `No errors, and ${checked.warnings.length === 1 ? 'one warning' : `${checked.warnings.length} warnings`}.`
        : 'No problems.';
  showEditor(turn, { notice, checked }, wantsPreview);
}

/** Sets the text anew, as long as it is JSON. */
async function format(turn: Turn, parts: EditorParts): Promise<void> {
  const read = readManifestJson(turn.typed.manifest);
  if (read.ok) return showEditor(turn, { text: `${stringifyJson(read.value, 2)}\n` });
  const checked = await checkText(turn.typed.manifest, turn.typed.name, parts);
  showEditor(turn, { notice: 'It is not JSON yet, so it stays as it is.', checked });
}

/** What the text is begun from, as the pages carry it. */
const baseOf = (subject: Subject): string =>
  subject.kind === 'existing' ? (subject.version?.id ?? '') : '';

const titleOf = (subject: Subject): string =>
  subject.kind === 'new' ? 'Manifest of a new integration' : `Manifest of ${nameOf(subject)}`;

// ---------------------------------------------------------------- saving

/** What changes, before it is saved. */
async function review(turn: Turn, parts: EditorParts): Promise<void> {
  const { typed, subject, show } = turn;
  const checked = await checkText(typed.manifest, typed.name, parts);
  if (checked.errors.length > 0)
    return showEditor(turn, {
      notice: `Nothing is saved yet: there ${counted(checked.errors.length, 'error')}. Each is listed below with its line.`,
      checked,
    });
  const { warnings } = checked;
  if (subject.kind === 'new')
    return show('review', {
      title: `Add ${typed.name || 'a new integration'}?`,
      warnings,
      notice:
        warnings.length > 0
          ? 'It can be saved. Look at the warnings first.'
          : 'There are no problems.',
      canSave: true,
      saveLabel: 'Add the integration',
    });

  const { version, integration } = subject;
  const number = numberOf(subject);
  const diff = diffLines(version?.manifest ?? '', typed.manifest);
  const isNewer = typed.base !== baseOf(subject);
  const isSameText = diff.hunks.length === 0;
  show('review', {
    title: `Save the manifest of ${integration.name}?`,
    warnings,
    // From here on the newest version is what the text is compared with, and what it replaces.
    base: baseOf(subject),
    notice: isSameText
      ? `Nothing has changed: this is version ${number} as it is saved.`
      : isNewer
        ? newer(number)
        : undefined,
    canSave: !isSameText,
    saveLabel: isNewer ? `Replace version ${number}` : `Save as version ${number + 1}`,
    ...(!isSameText && { diff: diffView(diff, number) }),
  });
}

const newer = (number: number): string =>
  `Somebody has saved version ${number} since you began. Below is what your text changes in it: what they added and you don't have would be removed. Save to replace theirs, or go back and take over what you want to keep.`;

function diffView({ hunks, added, removed }: ReturnType<typeof diffLines>, against: number) {
  return {
    added: added === 1 ? '1 line' : `${added} lines`,
    removed,
    against,
    hunks: hunks.map(({ lines }) => ({
      lines: lines.map(({ before = '', after = '', kind, text }) => ({
        before,
        after,
        text,
        kind,
        isAdded: kind === 'added',
        isRemoved: kind === 'removed',
      })),
    })),
  };
}

async function save(turn: Turn, parts: EditorParts): Promise<void> {
  const { session, subject, typed, show } = turn;
  if (subject.kind === 'existing' && typed.base !== baseOf(subject)) return review(turn, parts);
  const saved = await saving(turn, parts);
  if (saved === 'stale') {
    const now = await subjectOf(session, parts);
    return now
      ? review({ ...turn, subject: now }, parts)
      : show('over', { ...gone, typed: typed.manifest }, 410);
  }
  if (saved.kind === 'invalid') {
    const checked = await checkText(typed.manifest, typed.name, parts);
    const { errors } = saved;
    const placed = errors.map((problem) => ({ ...problem, from: 0, to: 0, line: 0 }));
    return showEditor(turn, {
      notice: 'Nothing was saved. What to change is listed below.',
      checked: { ...checked, errors: checked.errors.length > 0 ? checked.errors : placed },
    });
  }
  const isNew = subject.kind === 'new';
  show('saved', {
    title: isNew ? `${typed.name} was added` : `The manifest of ${nameOf(subject)} was saved`,
    text: isNew
      ? 'You can close this page.'
      : `It is version ${saved.number} now. Whatever begins from now on follows it; runs under way keep theirs.`,
    next: saved.next,
    warnings: saved.warnings,
    canGoOn: !isNew,
  });
}

async function saving(
  { session, subject, typed }: Turn,
  parts: EditorParts,
): Promise<Saved | 'stale'> {
  const text = typed.manifest;
  try {
    return subject.kind === 'existing'
      ? await parts.save({ session, integration: subject.integration, text })
      : await parts.add({ session, name: typed.name, text });
  } catch (error) {
    if (error instanceof StaleWrite) return 'stale';
    throw error;
  }
}

// ---------------------------------------------------------------- sentences

const counted = (count: number, what: string): string =>
  count === 1 ? `is one ${what}` : `are ${count} ${what}s`;

/** Shown in UTC, which is said: a page without a script doesn't know its reader's clock. */
const timeOf = (date: Date): string => `${date.toISOString().slice(11, 16)} UTC`;

const gone = {
  title: 'There is nothing to edit any more',
  text: 'The integration was deleted, or the new one was added already. Look at the integrations in chat: write "integrations" to Latchkey.',
};
