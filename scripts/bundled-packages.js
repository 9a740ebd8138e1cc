/** Which packages are in the bundles, and on what terms, from what esbuild wrote beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const METAFILES = ['dist/programs.json', 'dist/src/web/assets/browser.json'];
/** Their README says it, and their `package.json` doesn't. */
const LICENSES = { 'combine-errors': 'MIT' };
const LICENSE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** @returns each package once, by name and version, with the folder it was taken from */
export function bundledPackages() {
  const folders = new Set(METAFILES.flatMap(foldersIn));
  const found = new Map();
  for (const folder of folders) {
    const { name, version, license, author } = packageJsonIn(folder);
    const terms = license?.type ?? license ?? LICENSES[name];
    const by = author?.name ?? author;
    found.set(`${name}@${version}`, { name, version, license: terms, author: by, folder });
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** Only of what is left in an output: a package of which nothing is used is not shipped. */
function foldersIn(metafile) {
  const { outputs } = JSON.parse(readFileSync(metafile, 'utf8'));
  return Object.values(outputs)
    .flatMap(({ inputs }) => Object.keys(inputs))
    .filter((file) => file.includes('node_modules/'))
    .map(packageFolder);
}

const packageJsonIn = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** A package may have a `package.json` without a name in a folder of its own. */
function packageFolder(file) {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && packageJsonIn(folder).version) return folder;
  }
  throw new Error(`${file} is in no package`);
}

/** @throws {Error} that names a package without terms */
export function noticesOf(packages) {
  const sections = packages.map(({ name, version, license, author, folder }) => {
    if (license === undefined) throw new Error(`${folder} says no license: name it in LICENSES`);
    const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    const terms = `License: ${license}${author ? `, by ${author}` : ''}`;
    return [`## ${name} ${version}`, terms, ...texts.map(fenced)].join('\n\n');
  });
  return `# Third-party notices\n\nThe programs of Latchkey contain these packages.\n\n${sections.join('\n\n')}\n`;
}

const fenced = (text) => `\`\`\`\`text\n${text}\n\`\`\`\``;
