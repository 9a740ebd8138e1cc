/**
 * `/editor/<session>`: writing a manifest in a browser. Every page works without a script, and no answer loses what was typed: the
 * text travels with the pages. Words: the *base* is the version that the text was begun from.
 */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { stringifyJson } from '../../core/json.ts';
import { plural, say, sentences } from '../../core/say.ts';
import { MAX_MANIFEST_CHARACTERS, readManifestJson } from '../../engine/manifest/parse.ts';
import { tryHandlers } from '../../try/page/try-router.ts';
import { assetFiles } from './assets.ts';
import { checkText } from './check.ts';
import { diffLines } from './diff-lines.ts';
import type { EditorParts } from './parts.ts';
import { gone, review, save } from './saving.ts';
import { countErrors, showEditor } from './show-editor.ts';
import { begunFrom, keepTyped, nameOf, ownerOf, subjectOf } from './subject.ts';
import { rootOf, type Turn } from './turn.ts';
import { readTyped } from './typed.ts';
import { type Page, type PageName, sendEditorPage } from './views.ts';

/** A form needs three bytes for a sign of ASCII, of which manifests are made, and has a few short fields beside it. */
const BODY_BYTES = 3 * MAX_MANIFEST_CHARACTERS + 256 * 1024;
const NONCE_BYTES = 16;

export function editorPages(parts: EditorParts): Router {
  const router = Router();
  // Neither browsers nor our script compress what they send.
  const limits = { limit: BODY_BYTES, inflate: false };
  const form = [strangersOut(parts), express.urlencoded({ extended: false, ...limits })];
  const json = [strangersOutOfCheck(parts), express.json(limits)];
  const tries = tryHandlers(parts);

  router.use(assetFiles(parts.assets));
  router.get('/editor/:session', page(parts, begin));
  router.post('/editor/:session', form, page(parts, press));
  router.get('/editor/:session/try', page(parts, tries.follow));
  router.post('/editor/:session/try', form, page(parts, tries.press));
  router.post('/editor/:session/check', json, (request: Request, response: Response) =>
    check(parts, request, response),
  );
  return router;
}

// ---------------------------------------------------------------- who may

/** Before the body is read. */
const strangersOut =
  (parts: EditorParts): RequestHandler =>
  (request, response, next) => {
    const refusal = parts.refusesStranger(request);
    if (!refusal) return next();
    const nonce = nonceOf(parts);
    const { title, text } = refusal.page;
    const view = { title, text, tone: 'bad' } as const;
    sendEditorPage(response, { status: refusal.status, name: 'over', page: view, nonce }, parts);
  };

const strangersOutOfCheck =
  (parts: EditorParts): RequestHandler =>
  (request, response, next) => {
    const refusal = parts.refusesStranger(request);
    if (refusal) refuseCheck(response, refusal.status, refusal.page.text);
    else next();
  };

const nonceOf = ({ randomBytes }: EditorParts): string =>
  Buffer.from(randomBytes(NONCE_BYTES)).toString('base64');

/** Runs `handle` for a session that may go on; to any other it gives back what was typed. */
function page(
  parts: EditorParts,
  handle: (turn: Turn, parts: EditorParts, response: Response) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    const nonce = nonceOf(parts);
    const typed = readTyped(request.body);
    const send = (name: PageName, view: Page, status = 200) =>
      sendEditorPage(response, { status, name, page: view, nonce }, parts);
    const over = (status: number, { title, text }: { title: string; text: string }) =>
      send('over', { title, text, tone: 'bad', typed: typed.manifest }, status);

    const admitted = await parts.session(request);
    if (!admitted.ok) return over(admitted.status, admitted.page);
    const { session } = admitted;
    const subject = await subjectOf(session, parts);
    if (!subject) return over(410, gone());
    await keepTyped(session, subject, { name: typed.name, text: typed.manifest }, parts);
    const shared = {
      root: rootOf(session, parts.base),
      csrf: session.csrf,
      base: typed.base || begunFrom(subject),
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
  const admitted = await parts.session(request);
  if (!admitted.ok) return refuseCheck(response, admitted.status, admitted.page.text);
  if (Array.isArray(request.body)) return refuseCheck(response, 400, notFields());
  const typed = readTyped(request.body);
  const subject = await subjectOf(admitted.session, parts);
  const owner = subject ? ownerOf(subject, typed.name) : { name: typed.name };
  response.set('Cache-Control', 'no-store').json(await checkText(typed.manifest, owner, parts));
}

function refuseCheck(response: Response, status: number, message: string): void {
  response.set('Cache-Control', 'no-store').status(status).json({ message });
}

/** Our script sends none. */
const notFields = () => say`What was sent is a list, so nothing was checked. Reload the page.`;

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
    case 'close':
      return close(turn, parts);
    default:
      // Whoever comes back, or sends the form with the Enter key, finds the text as it was.
      return showEditor(turn, {});
  }
}

async function showChecked(turn: Turn, parts: EditorParts): Promise<void> {
  const { typed } = turn;
  const checked = await checkText(typed.manifest, ownerOf(turn.subject, typed.name), parts);
  const { errors, warnings } = checked.counts;
  const wantsPreview = typed.do === 'preview';
  const notice =
    errors > 0
      ? sentences(
          countErrors(errors),
          wantsPreview
            ? say`Each is listed below with its line; the preview comes when they are gone.`
            : say`Each is listed below with its line.`,
        )
      : warnings > 0
        ? plural(warnings, {
            one: say`No errors, and one warning.`,
            other: say`No errors, and ${warnings} warnings.`,
          })
        : say`No problems.`;
  showEditor(turn, { notice, checked }, wantsPreview);
}

/** Sets the text anew, as long as it is JSON. */
async function format(turn: Turn, parts: EditorParts): Promise<void> {
  const read = readManifestJson(turn.typed.manifest);
  if (read.ok) return showEditor(turn, { text: `${stringifyJson(read.value, 2)}\n` });
  const checked = await checkText(
    turn.typed.manifest,
    ownerOf(turn.subject, turn.typed.name),
    parts,
  );
  showEditor(turn, { notice: say`It is not JSON yet, so it stays as it is.`, checked });
}

// ---------------------------------------------------------------- the end

/** What was typed and isn't saved is given back once more. */
async function close({ session, subject, typed, show }: Turn, parts: EditorParts): Promise<void> {
  parts.tries.stop(session);
  await parts.close(session);
  const saved = subject.kind === 'existing' ? (subject.version?.manifest ?? '') : '';
  const isSaved = typed.manifest === '' || diffLines(saved, typed.manifest).hunks.length === 0;
  show('over', {
    title: say`The editor is closed`,
    text: say`Nothing more was saved. To go on later, open it from chat again. You can close this page.`,
    ...(!isSaved && { typed: typed.manifest }),
  });
}

/** Shown in UTC, which is said: a page without a script doesn't know its reader's clock. */
const timeOf = (date: Date): string => say`${date.toISOString().slice(11, 16)} UTC`;
