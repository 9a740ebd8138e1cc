/**
 * Makes the one script that the web pages have, and shrinks their stylesheet. It comes after `copy-assets.js`, which
 * brings the stylesheet as it is.
 * Usage: node scripts/bundle-browser.js [folder to write to]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [folder = 'dist/src/web/assets'] = process.argv.slice(2);

const { metafile } = await build({
  entryPoints: ['src/web/assets/editor.ts', 'src/web/assets/editor.css'],
  outdir: folder,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  // Browsers of the last three years.
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
});
writeFileSync(join(folder, 'browser.json'), JSON.stringify(metafile));
