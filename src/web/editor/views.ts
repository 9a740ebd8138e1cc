/** The editor's pages as HTML. All texts appear literally. Only the Slack preview is HTML, from `drawSlack`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Response } from 'express';
import { compact } from '../../core/compact.ts';
import { GUIDE_PATH } from '../guide/router.ts';
import {
  PAGE_SCRIPT,
  type PageFrame,
  pageTemplate,
  sendHtml,
  type Template,
  waysBack,
} from '../pages.ts';
import type { DrawnPreview } from './check.ts';
import type { EditorDeps } from './editor-deps.ts';

export type PageName = 'editor' | 'review' | 'saved' | 'over' | 'try' | 'tried';

export interface Page extends PageFrame {
  readonly [value: string]: unknown;
}

const fileOf = (name: string): URL => new URL(`./pages/${name}.mustache`, import.meta.url);
const shared = Object.fromEntries(
  ['carried', 'preview', 'problems'].map((name) => [name, readFileSync(fileOf(name), 'utf8')]),
);
const template = (name: PageName): Template<Page> => pageTemplate<Page>(fileOf(name), shared);
const templates: Readonly<Record<PageName, Template<Page>>> = {
  editor: template('editor'),
  review: template('review'),
  saved: template('saved'),
  over: template('over'),
  try: template('try'),
  tried: template('tried'),
};

interface SentForm {
  readonly status: number;
  readonly name: PageName;
  readonly page: Page;
  /** For the styles that the script adds. */
  readonly nonce: string;
}

export function sendEditorPage(
  response: Response,
  { status, name, page, nonce }: SentForm,
  { assets: { style, script }, base }: Pick<EditorDeps, 'assets' | 'base'>,
): void {
  const isOver = isLast(name, page);
  const html = templates[name]({
    wide: name === 'editor' || name === 'review',
    styles: [base + style.href],
    scripts: compact([base + PAGE_SCRIPT, script && base + script.href]),
    chats: isOver ? waysBack(response) : [],
    nonce,
    guide: base + GUIDE_PATH,
    level: name === 'editor' ? 3 : 2, // Of the headings of problems, which have one above them there.
    ...page,
    ...(isOver && { endsAt: undefined }), // It has ended already.
  });
  response.set('Content-Security-Policy', policyFor(html, nonce));
  sendHtml(response, status, html);
}

/** True where the page's editor is closed. */
const isLast = (name: PageName, { canGoOn }: Page): boolean =>
  name === 'over' || (name === 'saved' && canGoOn !== true);

/** Allows only our own style and script, and the editor's styles with the nonce. */
const policyFor = (html: string, nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${styleHash(html)} 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The hash of the layout's inline style. */
function styleHash(html: string): string {
  const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] ?? '';
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

/** The view for `preview.mustache`. */
export const previewView = (preview: DrawnPreview) =>
  'why' in preview ? preview : { ...preview, teams: JSON.stringify(preview.teams, null, 2) };
