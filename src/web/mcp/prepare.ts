/**
 * `prepare_request`: a program fills in a request, and a card in the chat of its token's owner opens the form with it. It requests
 * nothing: only the press of a person sends it. Facts about the person are theirs to type, so they are never taken.
 */
import { z } from 'zod';
import { hoursWords } from '../../core/hours.ts';
import { RateLimit } from '../../core/rate-limit.ts';
import type { ManifestFormField } from '../../engine/manifest/form-schema.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import { knownFacts } from '../../engine/people/stored-values.ts';
import {
  PREPARED_FOR_ONE,
  type Presented,
  type PresentRequest,
} from '../../engine/requests/prepared.ts';
import { whyNotRequest } from '../../engine/requests/requestable.ts';
import { policyOf } from '../../engine/settings/settings.ts';
import { offeredAt, readAnswers } from '../api/answers.ts';
import { askedRequest, noteNotAllowed } from '../api/asked-request.ts';
import { tooMany } from '../api/door.ts';
import { asJsonSchema, type JsonSchema } from '../api/open-api.ts';
import { misfit, type Problem } from '../api/problems.ts';
import { newRequest } from '../api/request-writes.ts';
import type { Tool, ToolTurn } from './tools.ts';

const wanted = newRequest.pick({ integrationId: true, personId: true });
const prepared = newRequest
  .omit({ facts: true })
  .partial({ reason: true })
  .extend({
    hours: newRequest.shape.hours.describe('For how long. Left out: they choose in the form'),
    reason: newRequest.shape.reason
      .optional()
      .describe('Why, in words for the approver. Left out: they write it'),
    answers: newRequest.shape.answers.describe(
      'By the ids of the form, as `describe_request_form` says. What is left out, they fill in',
    ),
  });

const described = z.object({
  integrationId: z.string(),
  name: z.string(),
  personId: z.string(),
  kind: z.enum(['grant', 'extend']).describe('`extend`: they have it, and request a later end'),
  longestHours: z.number().int().optional().describe('The most that `hours` may be'),
  answers: z
    .record(z.string(), z.unknown())
    .describe('JSON Schema of `answers` of `prepare_request`'),
  facts: z
    .array(z.string())
    .describe('What the form asks them besides, which nobody else fills in'),
});

const placed = z.object({
  waitsIn: z.literal('chat'),
  note: z.string(),
});

export interface PrepareDeps {
  readonly present: PresentRequest;
  /** Milliseconds of a monotonic clock. */
  readonly ticks: () => number;
}

export const prepareTools = (deps: PrepareDeps): readonly Tool[] => [
  describeRequestForm,
  prepareRequest(deps),
];

const describeRequestForm: Tool = {
  name: 'describe_request_form',
  title: 'The form of a request',
  description:
    'What a request of this integration asks, with the options of now, as JSON Schema for `answers` of `prepare_request`.',
  scope: 'request',
  isReadOnly: true,
  input: () => asJsonSchema(wanted),
  answer: described,
  async call(given, turn) {
    const read = wanted.safeParse(given);
    if (!read.success) return { problem: misfit(read.error, 'body') };
    const found = await foundFor(read.data, turn);
    if ('problem' in found) return found;
    const { person, integration, hold, form } = found;
    const answers = await schemaOf(form.form, found, turn);
    if ('problem' in answers) return answers;
    return {
      body: {
        integrationId: integration.id,
        name: integration.name,
        personId: person.id,
        kind: hold ? 'extend' : 'grant',
        longestHours: policyOf(integration).longestHours ?? undefined,
        answers: answers.schema,
        facts: form.extraUserInfo
          .filter(({ id }) => !Object.hasOwn(knownFacts(person), id))
          .map(({ name }) => name),
      },
    };
  },
};

function prepareRequest({ present, ticks }: PrepareDeps): Tool {
  const perPerson = new RateLimit({ ...PREPARED_FOR_ONE, now: ticks });
  return {
    name: 'prepare_request',
    title: 'Prepares a request for access',
    description:
      'Fills in the form of a request and puts a card into the chat of the owner of the token. It requests nothing: they open the form there, check it and send it, or not. Call `describe_request_form` first. Never put a secret into it.',
    scope: 'request',
    isReadOnly: false,
    input: () => asJsonSchema(prepared),
    answer: placed,
    async call(given, turn) {
      const read = prepared.safeParse(given);
      if (!read.success) return { problem: misfit(read.error, 'body') };
      const { answers, hours, reason } = read.data;
      const found = await foundFor(read.data, turn);
      if ('problem' in found) return found;
      const { person, integration, form } = found;
      const { longestHours } = policyOf(integration);
      if (hours !== undefined && longestHours !== null && hours > longestHours)
        return conflict(`${integration.name} is granted for ${hoursWords(longestHours)} at most.`);
      const manifest = { form: form.form.map(optional), extraUserInfo: [] };
      const filled = await readAnswers(
        { answers, facts: {} },
        { manifest, person, integration },
        turn,
      );
      if (!filled.ok) return { problem: filled.problem };
      const taken = perPerson.take(turn.reader.id);
      if (!taken.ok) return { problem: tooMany('prepared for this person', taken) };
      const by = { kind: 'token', name: turn.token.name } as const;
      const about = { by, owner: turn.reader, person, integration, hours, reason };
      const outcome = await present({ ...about, form: filled.form, answers: filled.answers });
      if (outcome === 'sent') await noteCard(turn, { person, integration });
      return answerTo(outcome);
    },
  };
}

/** The card is no request, and who looks at what a token did has to find it. */
const noteCard = (
  { transact, actor }: ToolTurn,
  { person, integration }: Pick<RequestableApp, 'person' | 'integration'>,
): Promise<void> =>
  transact((tx) =>
    tx.audit('request.prepared', { actor, personId: person.id, integrationId: integration.id }),
  );

const conflict = (detail: string): { readonly problem: Problem } => ({
  problem: { kind: 'conflict', detail },
});

/** They may leave it for the form. */
const optional = (field: ManifestFormField): ManifestFormField => ({ ...field, required: false });

const outcomes: Readonly<Record<Presented, Problem | undefined>> = {
  sent: undefined,
  absent: {
    kind: 'conflict',
    detail:
      'Latchkey has no conversation with the owner of the token. They have to write to it once; then call it again.',
  },
  'too-long': {
    kind: 'invalid',
    detail: 'Nothing was prepared: the reason and answers are too long for a card. Shorten them.',
    errors: [{ detail: 'Reason and answers: about 8,000 characters in all.', pointer: '/reason' }],
  },
  unreachable: {
    kind: 'conflict',
    detail: 'Chat could not be reached. Call it again in a moment.',
  },
};

function answerTo(outcome: Presented) {
  const problem = outcomes[outcome];
  if (problem) return { problem };
  return {
    body: {
      waitsIn: 'chat',
      note: 'It waits in their chat with Latchkey. Nothing is requested until they send the form there.',
    },
  };
}

type PrepareInput = z.output<typeof wanted>;

async function foundFor(about: PrepareInput, turn: ToolTurn) {
  const { stores, actor, transact } = turn;
  const found = await askedRequest(about, turn);
  if (found.kind === 'problem') return found;
  if (found.kind === 'not-allowed')
    return { problem: await transact((tx) => noteNotAllowed(tx, found, actor)) };
  const { person, integration } = found;
  const why = whyNotRequest(person, integration);
  if (why !== undefined) return conflict(why);
  if (await stores.requests.openFor(person.id, integration.id))
    return conflict('It is requested already, and waits for approval.');
  return found;
}

type RequestableApp = Exclude<Awaited<ReturnType<typeof foundFor>>, { readonly problem: Problem }>;

/** The form as JSON Schema, with the options that there are now. */
async function schemaOf(
  form: Manifest['form'],
  { person, integration }: RequestableApp,
  turn: ToolTurn,
): Promise<{ readonly schema: JsonSchema } | { readonly problem: Problem }> {
  const properties: Record<string, JsonSchema> = {};
  for (const field of form) {
    const about = {
      title: field.name,
      ...(field.description && { description: field.description }),
    };
    if (field.type === 'input') {
      properties[field.id] = { ...about, type: 'string' };
      continue;
    }
    const offered = await offeredAt(field, { person, integration }, turn);
    if ('problem' in offered) return offered;
    const one = { type: 'string', oneOf: offered.options.slice(0, MAX_OPTIONS).map(optionSchema) };
    properties[field.id] =
      field.type === 'multiple_choice'
        ? { ...about, type: 'array', items: one }
        : { ...about, ...one };
  }
  return {
    schema: {
      type: 'object',
      properties,
      required: form.filter((field) => field.required).map(({ id }) => id),
      additionalProperties: false,
    },
  };
}

/** A model reads them all. Others are taken, too. */
const MAX_OPTIONS = 200;

const optionSchema = ({ value, label }: { readonly value: string; readonly label: string }) => ({
  const: value,
  title: label,
});
