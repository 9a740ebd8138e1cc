/** `latchkey new manifest [NAME]`: a manifest to begin with, which `latchkey check` passes, and the next steps. */
import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findDocument, inThisFolder } from '../../core/documents.ts';
import { codeOf } from '../../core/error-code.ts';
import { CommandError } from '../command-error.ts';
import { type Output, terminal } from '../output.ts';
import { whyUnwritable } from '../unwritable.ts';

const SCHEMA = new URL('../../../schemas/manifest.schema.json', import.meta.url);

const MANIFEST = `  "initial_data_form": [
    { "id": "BASE_URL", "name": "Address, such as https://api.example.com", "secret": false },
    { "id": "TOKEN", "name": "API token" }
  ],
  "headers": { "Authorization": "Bearer {{TOKEN}}" },
  "exists": { "method": "GET", "url": "{{BASE_URL}}/users?email={{email}}", "expected": "{{email}}" },
  "execute": [
    { "method": "POST", "url": "{{BASE_URL}}/users", "data": { "email": "{{email}}", "name": "{{first_name}} {{last_name}}" } }
  ],
  "revoke": [{ "method": "DELETE", "url": "{{BASE_URL}}/users/{{email}}", "status_code": [200, 204, 404] }]
`;

export const newManifest = (name?: string): Promise<void> => newManifestCommand(name, terminal());

/** @throws {CommandError} when the file exists or can't be written */
async function newManifestCommand(typed = 'App', output: Output): Promise<void> {
  const name = typed.replace(/\.json$/i, '') || typed; // Someone may give the file.
  const file = `${slugOf(name)}.json`;
  try {
    await writeFile(file, `{\n${schemaLine()}${MANIFEST}}\n`, { flag: 'wx' });
  } catch (error) {
    // A full disk leaves a part.
    if (codeOf(error) !== 'EEXIST') await rm(file, { force: true }).catch(() => undefined);
    throw new CommandError(
      codeOf(error) === 'EEXIST'
        ? `${file} exists; give another name, like "latchkey new manifest Fernboard"`
        : `${file} ${whyUnwritable(error, 'begin in a folder that you may write to')}`,
    );
  }
  output.line(`Wrote ${file}. Next:`);
  for (const step of stepsFor(name, file)) output.line(`- ${step}`);
}

/** Editors complete and check a manifest that names its schema. It is named where it is in this folder. */
function schemaLine(): string {
  const path = inThisFolder(fileURLToPath(SCHEMA));
  return path === undefined ? '' : `  "$schema": "./${path}",\n`;
}

/** Where every key stands: a file, where this installation has it, and the page of a Latchkey that runs. */
const referenceAt = (): string =>
  [findDocument('manifest/reference') ?? [], REFERENCE_PAGE].flat().join(', or ');

const REFERENCE_PAGE = 'the page /manifest-guide/reference of your Latchkey';

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^\p{L}\d]+/gu, '-')
    .replace(/^-|-$/g, '') || 'app';

function stepsFor(name: string, file: string): readonly string[] {
  const tried = `latchkey try ${file} --person person.json --secrets secrets.json`;
  return [
    `Put in the app's own requests. Every key is in ${referenceAt()}.`,
    `latchkey check ${file}`,
    'Make person.json, like {"email": "ann@example.com", "first_name": "Ann", "last_name": "Lee"}, and secrets.json, like {"BASE_URL": "https://api.example.com", "TOKEN": "…"}',
    `${tried} --dry-run (shows every request and sends none)`,
    tried,
    `latchkey integration add "${name}" ${file} --secrets secrets.json`,
  ];
}
