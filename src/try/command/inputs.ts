/** The files of `latchkey try`, with the problems of all files at once. */
import { utf8Of } from '../../cli/beginning-of.ts';
import { unreadable } from '../../cli/check.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  JsonSyntaxError,
  parseJson,
} from '../../core/json.ts';
import { type Problem, showValue } from '../../engine/manifest/problem.ts';
import type { Inputs, TryPerson } from '../inputs.ts';
import { type ReadFile, readPerson } from './person-file.ts';

export interface Files {
  readonly person?: string;
  readonly secrets?: string;
  readonly form?: string;
  readonly people?: string;
}

/** @returns the files' content, or every problem with its file and place */
export async function readInputs(files: Files): Promise<ReadFile<Inputs>> {
  const person = await readFrom(files.person, (json) => readPerson(json, 'person'));
  const secrets = await readFrom(files.secrets, readSecrets, 'secret');
  const form = await readFrom(files.form, readForm);
  const people = await readFrom(files.people, readPeople);
  const problems = [person, secrets, form, people].flatMap((each) => each?.problems ?? []);
  if (problems.length > 0) return { ok: false, problems };
  const { oauth, ...others } = secrets?.value ?? {};
  return {
    ok: true,
    value: {
      person: person?.value,
      secrets: others as Readonly<Record<string, string>>, // `readSecrets` accepts an object only for `oauth`.
      oauth: isJsonObject(oauth) ? oauth : undefined,
      form: form?.value ?? {},
      people: people?.value ?? [],
    },
  };
}

/** The largest page of people. */
const MAX_BYTES = 16 * 1024 * 1024;

interface Outcome<T> {
  readonly value?: T;
  readonly problems: readonly Problem[];
}

async function readFrom<T>(
  file: string | undefined,
  parse: (json: Json) => ReadFile<T>,
  kind: 'plain' | 'secret' = 'plain',
): Promise<Outcome<T> | undefined> {
  if (file === undefined) return undefined;
  const at = ({ place, message }: Problem): Problem => ({
    place: place === '' ? file : `${file}: ${place}`,
    message,
  });
  let text: string;
  try {
    text = await utf8Of(file, MAX_BYTES + 1);
    if (Buffer.byteLength(text) > MAX_BYTES)
      return {
        problems: [
          at({
            place: '',
            message: `is larger than ${MAX_BYTES / 1024 / 1024} MB; is this the right file?`,
          }),
        ],
      };
  } catch (error) {
    return { problems: [at(unreadable(error))] };
  }
  try {
    const parsed = parse(parseJson(text));
    return parsed.ok
      ? { value: parsed.value, problems: [] }
      : { problems: parsed.problems.map(at) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    // The parser's own words may quote the text, which may be a secret.
    const why = kind === 'secret' ? error.cure : error.detail;
    const message = why === undefined ? 'not valid JSON' : `not valid JSON: ${why}`;
    return { problems: [at({ place, message })] };
  }
}

function readSecrets(json: Json): ReadFile<JsonObject> {
  if (!isJsonObject(json))
    return refuse('secrets', 'has to be a JSON object such as {"TOKEN": "…"}');
  const problems: Problem[] = [];
  const secrets = Object.entries(json).map(([id, value]): [string, Json] => {
    if (id === 'oauth') {
      if (!isJsonObject(value))
        problems.push({
          place: id,
          message: 'has to be the saved token answer, such as {"access_token": "…"}',
        });
      return [id, value];
    }
    const text = textOf(value);
    if (text === undefined) problems.push({ place: id, message: 'has to be a text' });
    return [id, text ?? ''];
  });
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: Object.fromEntries(secrets) };
}

function readForm(json: Json): ReadFile<Inputs['form']> {
  if (!isJsonObject(json))
    return refuse('form', 'has to be a JSON object such as {"TEAM_ID": "123"}');
  const problems: Problem[] = [];
  const form: Record<string, string | readonly string[]> = {};
  for (const [id, value] of Object.entries(json)) {
    if (value === null) continue; // Null means no answer.
    const read = Array.isArray(value) ? listOf(value as readonly Json[]) : textOf(value);
    if (read === undefined)
      problems.push({
        place: id,
        message: `has to be a text or a list of texts, but is ${showValue(value)}`,
      });
    else form[id] = read;
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: form };
}

const textOf = (value: Json): string | undefined =>
  value === null || typeof value === 'object' ? undefined : String(value);

function listOf(values: readonly Json[]): readonly string[] | undefined {
  const texts = values.flatMap((value) => textOf(value) ?? []);
  return texts.length === values.length ? texts : undefined;
}

function readPeople(json: Json): ReadFile<readonly TryPerson[]> {
  if (!Array.isArray(json))
    return refuse('people', `has to be a JSON list of people, but is ${showValue(json)}`);
  const read = (json as readonly Json[]).map((each, index) =>
    readPerson(typeof each === 'string' ? { email: each } : each, `people[${index}]`),
  );
  const problems = read.flatMap((each) => (each.ok ? [] : each.problems));
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, value: read.flatMap((each) => (each.ok ? [each.value] : [])) };
}

const refuse = (place: string, message: string) =>
  ({ ok: false, problems: [{ place, message }] }) as const;
