/** Latchkey's version, from `package.json`, which is above the sources and above `dist`. */
import { existsSync, readFileSync } from 'node:fs';

const file = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url));

export const VERSION: string = file
  ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
  : 'unknown';
