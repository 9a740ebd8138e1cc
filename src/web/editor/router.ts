/**
 * `/editor/<session>`: writes a manifest in a browser. Every page works without a script, and no answer loses the typed
 * text, since the pages carry it. Words: the *base* is the version that the text started from.
 */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { stringifyJson } from '../../core/json.ts';
import { plural, sentences, t } from '../../core/translate.ts';
import { managedWords } from '../../engine/configuration/managed-words.ts';
import { MAX_MANIFEST_CHARACTERS, readManifestJson } from '../../engine/manifest/parse.ts';
import { tryHandlers } from '../../try/page/try-router.ts';
import { assetFiles } from './assets.ts';
import { checkText } from './check.ts';
import { diffLines } from './diff-lines.ts';
import type { EditorDeps } from './editor-deps.ts';
import { gone, review, save } from './saving.ts';
import { countErrors, showEditor } from './show-editor.ts';
import { begunFrom, keepTyped, nameOf, ownerOf, subjectOf } from './subject.ts';
import { rootOf, type Turn } from './turn.ts';
import { readTyped } from './typed.ts';
import { type Page, type PageName, sendEditorPage } from './views.ts';

/**
 * A form needs up to three bytes for an ASCII character, and manifests are mostly ASCII. The form also has a few short
 * fields.
 */
const BODY_BYTES = 3 * MAX_MANIFEST_CHARACTERS + 256 * 1024;
const NONCE_BYTES = 16;

export function editorPages(deps: EditorDeps): Router {
  const router = Router();
  // Neither browsers nor our script compress what they send.
  const limits = { limit: BODY_BYTES, inflate: false };
  const form = [strangersOut(deps), express.urlencoded({ extended: false, ...limits })];
  const json = [strangersOutOfCheck(deps), express.json(limits)];
  const tries = tryHandlers(deps);

  router.use(assetFiles(deps.assets));
  router.get('/editor/:session', page(deps, begin));
  router.post('/editor/:session', form, page(deps, press));
  router.get('/editor/:session/try', page(deps, tries.follow));
  router.post('/editor/:session/try', form, page(deps, tries.press));
  router.post('/editor/:session/check', json, (request: Request, response: Response) =>
    check(deps, request, response),
  );
  return router;
}

// ---------------------------------------------------------------- who may

/** Runs before the body is read. */
const strangersOut =
  (deps: EditorDeps): RequestHandler =>
  (request, response, next) => {
    const refusal = deps.refusesStranger(request);
    if (!refusal) return next();
    const nonce = nonceOf(deps);
    const { title, text } = refusal.page;
    const view = { title, text, tone: 'bad' } as const;
    sendEditorPage(response, { status: refusal.status, name: 'over', page: view, nonce }, deps);
  };

const strangersOutOfCheck =
  (deps: EditorDeps): RequestHandler =>
  (request, response, next) => {
    const refusal = deps.refusesStranger(request);
    if (refusal) refuseCheck(response, refusal.status, refusal.page.text);
    else next();
  };

const nonceOf = ({ randomBytes }: EditorDeps): string =>
  Buffer.from(randomBytes(NONCE_BYTES)).toString('base64');

/** Runs `handle` for a valid session. Otherwise shows the typed text again. */
function page(
  deps: EditorDeps,
  handle: (turn: Turn, deps: EditorDeps, response: Response) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const nonce = nonceOf(deps);
    const typed = readTyped(request.body);
    const send = (name: PageName, view: Page, status = 200) =>
      sendEditorPage(response, { status, name, page: view, nonce }, deps);
    const over = (status: number, { title, text }: { title: string; text: string }) =>
      send('over', { title, text, tone: 'bad', typed: typed.manifest }, status);

    const admitted = await deps.session(request);
    if (!admitted.ok) return over(admitted.status, admitted.page);
    const { session } = admitted;
    const subject = await subjectOf(session, deps);
    if (!subject) return over(410, gone());
    await keepTyped(session, { subject, typed }, deps);
    const shared = {
      root: rootOf(session, deps.base),
      csrf: session.csrf,
      // What was typed before there was any version has an empty base, and keeps it.
      base: typed.manifest === '' ? typed.base || begunFrom(subject) : typed.base,
      name: typed.name || nameOf(subject),
      isNew: subject.kind === 'new',
      text: typed.manifest,
      endsAt: session.expiresAt,
    };
    await handle(
      {
        session,
        subject,
        typed,
        show: (name, view, status) => send(name, { ...shared, ...view }, status),
      },
      deps,
      response,
    );
  };
}

/** JSON for the script: the problems with their places, and the preview. */
async function check(deps: EditorDeps, request: Request, response: Response): Promise<void> {
  const admitted = await deps.session(request);
  if (!admitted.ok) return refuseCheck(response, admitted.status, admitted.page.text);
  if (Array.isArray(request.body)) return refuseCheck(response, 400, notFields());
  const typed = readTyped(request.body);
  const subject = await subjectOf(admitted.session, deps);
  const owner = subject ? ownerOf(subject, typed.name) : { name: typed.name };
  response.set('Cache-Control', 'no-store').json(await checkText(typed.manifest, owner, deps));
}

function refuseCheck(response: Response, status: number, message: string): void {
  response.set('Cache-Control', 'no-store').status(status).json({ message });
}

/** Our script sends no lists. */
const notFields = () => t`The page sent a list, so nothing was checked. Reload the page.`;

// ---------------------------------------------------------------- the editor

async function begin(turn: Turn, { stores }: EditorDeps): Promise<void> {
  const { subject } = turn;
  const notice =
    subject.kind === 'new'
      ? undefined
      : await managedWords(stores, 'integration', subject.integration.id);
  showEditor(turn, { text: subject.text, notice });
}

async function press(turn: Turn, deps: EditorDeps): Promise<void> {
  switch (turn.typed.do) {
    case 'check':
    case 'preview':
      return showChecked(turn, deps);
    case 'format':
      return format(turn, deps);
    case 'review':
      return review(turn, deps);
    case 'save':
      return save(turn, deps);
    case 'close':
      return close(turn, deps);
    default:
      // A person who comes back, or presses Enter in the form, sees the text unchanged.
      return showEditor(turn, {});
  }
}

async function showChecked(turn: Turn, deps: EditorDeps): Promise<void> {
  const { typed } = turn;
  const checked = await checkText(typed.manifest, ownerOf(turn.subject, typed.name), deps);
  const { errors, warnings } = checked.counts;
  const wantsPreview = typed.do === 'preview';
  const notice =
    errors > 0
      ? sentences(
          countErrors(errors),
          wantsPreview
            ? t`Each is listed below with its line; the preview appears once they are fixed.`
            : t`Each is listed below with its line.`,
        )
      : warnings > 0
        ? plural(warnings, {
            one: t`No errors, and one warning.`,
            other: t`No errors, and ${warnings} warnings.`,
          })
        : t`No problems.`;
  showEditor(turn, { notice, checked }, wantsPreview);
}

/** Formats the text, when it is JSON. */
async function format(turn: Turn, deps: EditorDeps): Promise<void> {
  const read = readManifestJson(turn.typed.manifest);
  if (read.ok) return showEditor(turn, { text: `${stringifyJson(read.value, 2)}\n` });
  const checked = await checkText(
    turn.typed.manifest,
    ownerOf(turn.subject, turn.typed.name),
    deps,
  );
  showEditor(turn, { notice: t`It isn't valid JSON yet, so it wasn't formatted.`, checked });
}

// ---------------------------------------------------------------- the end

/** Shows unsaved text one last time. */
async function close({ session, subject, typed, show }: Turn, deps: EditorDeps): Promise<void> {
  deps.tries.stop(session);
  await deps.close(session);
  const saved = subject.kind === 'existing' ? (subject.version?.manifest ?? '') : '';
  const isSaved = typed.manifest === '' || diffLines(saved, typed.manifest).hunks.length === 0;
  show('over', {
    title: t`The editor is closed`,
    text: t`Nothing more was saved, and you can close this page. To continue later, open the editor from chat again.`,
    ...(!isSaved && { typed: typed.manifest }),
  });
}
