/**
 * `/manifest-guide`: how to write a manifest, with every key and recipes. These are documents of Latchkey, in English as they are, for
 * who has none of its files at hand: admins in a browser. There is nothing of the company in them, so anyone can read them.
 */
import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { type PageFrame, pageTemplate, sendHtml } from '../pages.ts';

const DOCUMENTS = [
  { name: 'guide', path: '/manifest-guide', label: 'Guide', title: 'Write a manifest' },
  {
    name: 'reference',
    path: '/manifest-guide/reference',
    label: 'Reference',
    title: 'Manifest reference',
  },
  { name: 'recipes', path: '/manifest-guide/recipes', label: 'Recipes', title: 'Manifest recipes' },
] as const;
type GuideDocument = (typeof DOCUMENTS)[number];

export const GUIDE_PATH = DOCUMENTS[0].path;

interface GuidePage extends PageFrame {
  readonly documents: readonly {
    readonly url: string;
    readonly label: string;
    readonly isCurrent: boolean;
  }[];
  readonly html: string;
}

const render = pageTemplate<GuidePage>(new URL('./pages/guide.mustache', import.meta.url));

/** @param base the path of our public address; empty where it has none */
export function manifestGuide(base: string): Router {
  const router = Router();
  const linked = (url: string): string | undefined => {
    if (url.startsWith('#')) return url;
    const [, file, anchor = ''] = /^(\w+)\.md(#.+)?$/.exec(url) ?? [];
    const document = DOCUMENTS.find(({ name }) => name === file);
    return document && `${base}${document.path}${anchor}`; // Others are only in the repository.
  };
  const drawn = new Map<string, string>();
  const html = async ({ name }: GuideDocument): Promise<string> => {
    const { htmlOf } = await import('./markdown.ts');
    const known = drawn.get(name) ?? htmlOf(textOf(name), linked);
    drawn.set(name, known);
    return known;
  };
  for (const document of DOCUMENTS)
    router.get(document.path, async (_request, response) =>
      sendHtml(
        response,
        200,
        render({
          title: document.title,
          documents: DOCUMENTS.map(({ path, label }) => ({
            url: `${base}${path}`,
            label,
            isCurrent: path === document.path,
          })),
          html: await html(document),
        }),
      ),
    );
  return router;
}

/** In the build they are at the same place, from here, as in the repository. */
const textOf = (name: string): string =>
  readFileSync(new URL(`../../../docs/manifest/${name}.md`, import.meta.url), 'utf8');
