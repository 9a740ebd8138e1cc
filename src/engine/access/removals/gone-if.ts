/** Whether an answer to a look-up of a revoke says that the person has no account. Then nothing is left to revoke. Pure. */
import { type Json, jsonIn, stringifyJson } from '../../../core/json.ts';
import { isSuccess } from '../../calls/outcome.ts';
import { refusalOf } from '../../calls/refusal.ts';
import type { GoneIf, ManifestRequest } from '../../manifest/request-schema.ts';
import type { HttpAnswer } from '../../ports/http.ts';
import { readNotation } from '../../templates/notation.ts';
import { toText } from '../../templates/render.ts';

interface Answered {
  /** Of the request in `revoke`, from 0. */
  readonly index: number;
  readonly spec: Pick<ManifestRequest, 'statusCode'>;
  readonly answer: HttpAnswer;
}

/** @param goneIf of the manifest; one that matches is enough */
export const saysGone = (goneIf: readonly GoneIf[], { index, spec, answer }: Answered): boolean =>
  answer.kind === 'answer' &&
  goneIf.some(({ step, status, found }) => {
    const isMeant = status ? status.includes(answer.status) : isSuccess(spec, answer.status);
    return step === index && isMeant && (!found || holds(answer.text, found));
  });

function holds(text: string, { responseNotation, value }: NonNullable<GoneIf['found']>): boolean {
  const response = jsonIn(text);
  if (response === undefined) return false;
  const found = readNotation(response, responseNotation);
  if (!found.found || !isSame(found.value, value)) return false;
  // GraphQL answers an empty field also where it refused to look.
  const refusal = IN_DATA.test(responseNotation) ? refusalOf(response) : undefined;
  return refusal === undefined || refusal.isNobody;
}

const IN_DATA = /^\s*data(?:\.|\s*$)/;

/** Numbers and texts compare as texts. An empty list equals only an empty list, not another value that renders to nothing. */
function isSame(value: Json, wanted: Json): boolean {
  const isPlain = (json: Json) => json !== null && typeof json !== 'object';
  return isPlain(value) && isPlain(wanted)
    ? toText(value) === toText(wanted)
    : stringifyJson(value) === stringifyJson(wanted);
}
