/** The pages' stylesheet and script. Their names change with their content. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { type Request, type Response, Router } from 'express';
import { compact } from '../../core/compact.ts';

interface Asset {
  readonly href: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface Assets {
  readonly style: Asset;
  /** Undefined when the sources run without a build. The pages then work without JavaScript. */
  readonly script: Asset | undefined;
}

const PREFIX = '/assets';
const HASH_DIGITS = 16;

/** @param folder the build's folder; by default beside this code */
export function loadAssets(folder: URL = new URL('../assets/', import.meta.url)): Assets {
  const script = new URL('editor.js', folder);
  return {
    style: asset(new URL('editor.css', folder), 'text/css'),
    script: existsSync(script) ? asset(script, 'text/javascript') : undefined,
  };
}

function asset(file: URL, type: string): Asset {
  const content = readFileSync(file);
  const { name, ext } = parse(file.pathname);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS);
  return { href: `${PREFIX}/${name}-${hash}${ext}`, type, content };
}

/** Serves them. The content of an address never changes, so browsers may keep it for ever. */
export function assetFiles({ style, script }: Assets): Router {
  const router = Router();
  for (const each of compact([style, script]))
    router.get(each.href, (_request: Request, response: Response) => {
      response
        .set('Cache-Control', 'public, max-age=31536000, immutable')
        .type(each.type)
        .send(each.content);
    });
  return router;
}
