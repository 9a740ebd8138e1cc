/** The stylesheet and the script of the pages, under names that change with their content. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type Request, type Response, Router } from 'express';

interface Asset {
  readonly href: string;
  readonly type: string;
  readonly content: Buffer;
}

export interface Assets {
  readonly style: Asset;
  /** Undefined where the sources run without a build: the pages then work as without JavaScript. */
  readonly script: Asset | undefined;
}

const PREFIX = '/assets';
const HASH_DIGITS = 16;

/** @param folder where the build put them; beside this code, unless the code is not built */
export function loadAssets(folder: URL = new URL('../assets/', import.meta.url)): Assets {
  const script = new URL('editor.js', folder);
  return {
    style: asset(new URL('editor.css', folder), 'editor', 'css', 'text/css'),
    script: existsSync(script) ? asset(script, 'editor', 'js', 'text/javascript') : undefined,
  };
}

function asset(file: URL, name: string, ending: string, type: string): Asset {
  const content = readFileSync(file);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS);
  return { href: `${PREFIX}/${name}-${hash}.${ending}`, type, content };
}

/** Serves them; an address that is known never changes what it gives, so browsers may keep it for good. */
export function assetFiles({ style, script }: Assets): Router {
  const router = Router();
  for (const each of [style, ...(script ? [script] : [])])
    router.get(each.href, (_request: Request, response: Response) => {
      response
        .set('Cache-Control', 'public, max-age=31536000, immutable')
        .type(each.type)
        .send(each.content);
    });
  return router;
}
