/** What goes wrong, as RFC 9457 says it: a stable type, a sentence, and the place in what was sent. */
import type { Response } from 'express';
import { z } from 'zod';
import { uncached } from '../pages.ts';

/** Every kind of problem. Programs go by it, so no name is ever given another meaning. */
export const problemKinds = {
  unreadable: { status: 400, title: 'The request could not be read' },
  'wrong-query': { status: 400, title: 'A parameter of the address is wrong' },
  'no-idempotency-key': { status: 400, title: 'The header Idempotency-Key is missing' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  'scope-missing': { status: 403, title: 'The token does not have this scope' },
  'not-allowed': { status: 403, title: 'The owner of the token may not do this' },
  'code-needed': { status: 403, title: 'This is done in chat' },
  'not-found': { status: 404, title: 'There is nothing here that the owner of the token may see' },
  'wrong-method': { status: 405, title: 'This address does not take this method' },
  conflict: { status: 409, title: 'What is there now does not allow it' },
  'in-flight': { status: 409, title: 'The same request is being worked on' },
  'too-large': { status: 413, title: 'The body is too large' },
  'not-json': { status: 415, title: 'The body has to be JSON' },
  invalid: { status: 422, title: 'The body does not fit' },
  'key-reused': { status: 422, title: 'The key was used for another request' },
  'too-many': { status: 429, title: 'Too many requests' },
  broken: { status: 500, title: 'Something went wrong in Latchkey' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;
export type ProblemKind = keyof typeof problemKinds;

/** Where in what was sent: a JSON pointer into the body, or a parameter of the address. Of a bundle: which of its apps. */
const place = z.object({
  detail: z.string(),
  pointer: z.string().optional().describe('JSON pointer into the body: `/answers/TEAM`'),
  parameter: z.string().optional().describe('The name of a parameter of the address'),
  integrationId: z.string().optional().describe('Of a bundle: the app that it is about'),
});
export type Place = z.infer<typeof place>;

export const problemSchema = z.object({
  type: z.string().describe('Stable: `urn:latchkey:problem:not-found`'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().describe('A sentence that says what happened, and the next step'),
  errors: z.array(place).optional(),
});

export interface Problem {
  readonly kind: ProblemKind;
  /** A sentence. */
  readonly detail: string;
  readonly errors?: readonly Place[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const typeOf = (kind: ProblemKind): string => `urn:latchkey:problem:${kind}`;

export function problemBody({ kind, detail, errors }: Problem): z.infer<typeof problemSchema> {
  const { status, title } = problemKinds[kind];
  return { type: typeOf(kind), title, status, detail, ...(errors && { errors: [...errors] }) };
}

export const PROBLEM_TYPE = 'application/problem+json';

export function sendProblem(response: Response, problem: Problem): void {
  const { status } = problemKinds[problem.kind];
  uncached(response)
    .set(problem.headers ?? {})
    .status(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemBody(problem)));
}

/** What someone may not see isn't told apart from what isn't there. */
export const notFound: Problem = {
  kind: 'not-found',
  detail: 'It does not exist, or the owner of the token may not see it.',
};

export const conflict = (detail: string): { readonly problem: Problem } => ({
  problem: { kind: 'conflict', detail },
});
export const notAllowed = (detail: string): { readonly problem: Problem } => ({
  problem: { kind: 'not-allowed', detail },
});

/** What is wrong in the body, each at its place. */
export const invalid = (errors: readonly Place[]): Problem => ({
  kind: 'invalid',
  detail: 'Nothing was done. See errors for each place.',
  errors,
});

const MAX_ERRORS = 20;

/** @param of which part of the request the schema read */
export function misfit({ issues }: z.ZodError, of: 'query' | 'body'): Problem {
  const errors = issues.slice(0, MAX_ERRORS).flatMap((issue) => {
    const paths =
      issue.code === 'unrecognized_keys'
        ? issue.keys.slice(0, MAX_ERRORS).map((name) => [...issue.path, name])
        : [issue.path];
    const detail = detailOf(issue);
    return paths.map((path) =>
      of === 'query'
        ? { detail, parameter: String(path[0] ?? '') }
        : { detail, pointer: pointerOf(path) },
    );
  });
  return of === 'query'
    ? { kind: 'wrong-query', detail: 'See errors for each parameter.', errors }
    : invalid(errors);
}

/** As the library says it, where that is plain. */
function detailOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'There is no such name here.';
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `It is missing: expected ${issue.expected}.`;
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1)
    return 'It is empty.';
  return issue.message;
}

/** RFC 6901 */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
