/** Shows requests and answers: without secrets, and as JSON when possible. */
import { type Json, stringifyJson } from '../core/json.ts';
import { unreachable } from '../core/unreachable.ts';
import type { HttpAnswer, HttpBody, HttpRequest } from '../engine/ports/http.ts';
import { isCut } from '../engine/templates/redact.ts';
import { shownBody, type TryStep } from './result.ts';

export type Redact = (text: string) => string;

/** Hides the secrets in a value, including numbers and keys. */
export function redactJson(value: Json, redact: Redact): Json {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'number' || typeof value === 'bigint') {
    const text = String(value);
    const shown = redact(text);
    return shown === text ? value : shown;
  }
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value))
    return (value as readonly Json[]).map((each) => redactJson(each, redact));
  return redactValues(value as Readonly<Record<string, Json>>, redact);
}

export const redactValues = (
  values: Readonly<Record<string, Json>>,
  redact: Redact,
): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [redact(key), redactJson(value, redact)]),
  );

/** A body or an answer. A text that is too long for display is cut. */
function showText(text: string, redact: Redact): Json {
  const redacted = redact(text);
  if (isCut(text, redacted)) return redacted;
  const shown = shownBody(redacted);
  // A secret number becomes a mark without quotes, so the whole is no longer JSON.
  const isSpoilt = typeof shown === 'string' && redacted !== text;
  if (!isSpoilt || typeof shownBody(text) === 'string') return redactJson(shown, redact);
  return redactJson(shownBody(redact(quoteSecretNumbers(text, redact))), redact);
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * Works on the text and not on each value: a secret may be a whole object, which only the text shows.
 * @param text valid JSON
 */
const quoteSecretNumbers = (text: string, redact: Redact): string =>
  text.replaceAll(STRING_OR_NUMBER, (found) => {
    if (found.startsWith('"')) return found;
    const shown = redact(found);
    return shown === found ? found : stringifyJson(shown);
  });

export const showRequest = (request: HttpRequest, redact: Redact): TryStep['request'] => ({
  headers: Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [redact(name), redact(readable(value))]),
  ),
  body: request.body ? showBody(request.body, redact) : null,
});

/** Headers are sent as UTF-8 bytes, one character each. This turns them back into text. */
const readable = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');

function showBody(body: HttpBody, redact: Redact): Json {
  switch (body.kind) {
    case 'json':
    case 'xml':
      return showText(body.text, redact);
    case 'form': {
      const fields = body.fields.map(([name, value]): [string, string] => [name, value]);
      return redact(new URLSearchParams(fields).toString());
    }
    case 'multipart':
      return {
        fields: body.fields.map(([name, value]) => [redact(name), redact(value)]),
        files: body.files.map(({ field, file }) => [redact(field), redact(file)]),
      };
    default:
      return unreachable(body);
  }
}

/** An answer for display. Null without an answer. */
export const showAnswer = (answer: HttpAnswer, redact: Redact): Json =>
  answer.kind === 'answer' ? showText(answer.text, redact) : null;
