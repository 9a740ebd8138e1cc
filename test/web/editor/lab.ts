/** The editor's pages on a real server, with a real database; only the session is made up. */
import { Registry } from 'prom-client';
import { openEditor } from '../../../src/app/manifest-editor.ts';
import type { Integration } from '../../../src/engine/people/directory.ts';
import { type Assets, loadAssets } from '../../../src/web/editor/assets.ts';
import type { Admitted } from '../../../src/web/editor/editor-deps.ts';
import type { EditorSession } from '../../../src/web/editor/session.ts';
import { type Listening, listen } from '../../../src/web/listen.ts';
import { createWebApp } from '../../../src/web/server.ts';
import { sharedEngine, type TestEngine } from '../../support/engine.ts';

const MINUTE = 60_000;
export const CSRF = 'csrf-1';

export interface EditorLab {
  readonly engine: TestEngine;
  /** Opens a session for an integration or a draft. @returns the address of its page */
  open(subject: string): Promise<string>;
  /** From now on nobody is let in. */
  end(): void;
  /** Sends a form of the page, as a browser without a script does; follows where it is sent. */
  press(button: string, fields?: Readonly<Record<string, string>>, path?: string): Promise<Answer>;
  get(path?: string): Promise<Answer>;
  /** @throws the first error that was noted */
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly html: string;
  /** What a reader sees, without its elements. */
  readonly text: string;
  readonly headers: Headers;
}

export async function editorLab(
  assets: Assets = loadAssets(),
  publicUrl = 'https://latchkey.example.com',
): Promise<EditorLab> {
  const engine = await sharedEngine();
  const errors: unknown[] = [];
  let session: EditorSession | undefined;
  const over: Admitted = {
    ok: false,
    status: 410,
    page: { title: 'This page is closed', text: 'Ask for a new link in chat.' },
  };
  const app = createWebApp({
    pages: [
      openEditor(
        { ...engine, config: { publicUrl } },
        {
          refusesStranger: () => undefined,
          session: async () => (session ? { ok: true, session } : over),
          onError: (error) => errors.push(error),
          assets,
        },
      ),
    ],
    health: { ready: async () => [] },
    metrics: new Registry(),
    onError: (error) => errors.push(error),
  });
  const server: Listening = await listen(app, { host: '127.0.0.1', port: 0 });
  const root = `http://127.0.0.1:${server.port}`;
  const address = (path: string) => `${root}/editor/session-1${path}`;

  return {
    engine,
    async open(subject) {
      session = {
        id: 'session-1',
        personId: engine.admin.id,
        subject,
        csrf: CSRF,
        expiresAt: new Date(engine.now().getTime() + 60 * MINUTE),
      };
      await engine.stores.webSessions.delete(session.id);
      await engine.stores.webSessions.insert({
        ...session,
        purpose: 'manifest',
        browser: 'browser-1',
        createdAt: engine.now(),
      });
      return address('');
    },
    end() {
      session = undefined;
    },
    press: async (button, fields = {}, path = '') =>
      read(
        await fetch(address(path), {
          method: 'POST',
          body: new URLSearchParams({ csrf: CSRF, do: button, ...fields }),
          headers: { connection: 'close' },
        }),
      ),
    get: async (path = '') =>
      read(await fetch(address(path), { headers: { connection: 'close' } })),
    async close() {
      await server.close(0);
      await engine.cleanup();
      if (errors.length > 0) throw errors[0];
    },
  };
}

async function read(response: Response): Promise<Answer> {
  const html = await response.text();
  const text = html
    .replaceAll(/<style>[^]*?<\/style>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll(/&#x([\dA-F]+);/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
  return { status: response.status, html, text, headers: response.headers };
}

/** Id of its newest version, which the page's form carries. */
export const baseOf = ({ manifestVersionId = '' }: Integration): string => manifestVersionId;
