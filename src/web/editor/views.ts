/** The editor's pages as HTML. Every text is shown literally; the Slack preview alone comes as HTML, from `drawSlack`. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Response } from 'express';
import mustache from 'mustache';
import type { Assets } from './assets.ts';
import type { DrawnPreview } from './check.ts';

const folder = new URL('./pages/', import.meta.url);
const ENDING = '.mustache';
/** Each page is a template, and each may be a part of another. */
const templates: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => [name.slice(0, -ENDING.length), readFileSync(new URL(name, folder), 'utf8')]),
);

export type PageName = 'editor' | 'review' | 'saved' | 'over' | 'try' | 'tried';

export interface Page {
  readonly title: string;
  readonly [value: string]: unknown;
}

/** @param nonce what the script's own styles carry */
export function sendEditorPage(
  response: Response,
  { status = 200, name, page, nonce }: Sent,
  { style, script }: Assets,
): void {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .set('Content-Security-Policy', policyWith(nonce))
    .type('text/html')
    .send(
      mustache.render(
        templates[name] ?? '',
        { ...page, nonce, style: style.href, script: script?.href },
        templates,
      ),
    );
}

interface Sent {
  readonly status?: number;
  readonly name: PageName;
  readonly page: Page;
  readonly nonce: string;
}

/** Nothing but the pages' own stylesheet and script, and the styles that the script's editor adds with the nonce. */
const policyWith = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** What `preview.mustache` shows. */
export const previewView = (preview: DrawnPreview) =>
  'why' in preview ? preview : { ...preview, teams: JSON.stringify(preview.teams, null, 2) };
