/** Renders a try for its page. Everything was redacted before. Pure. */
import { compact } from '../../core/compact.ts';
import { type Json, stringifyJson } from '../../core/json.ts';
import { plural, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { accountLines, type TryResult, type TryStep } from '../result.ts';
import type { Trying } from '../tries.ts';

export function tryView(trying: Trying) {
  const { state, steps, result } = trying;
  const { dryRun } = trying.wanted;
  return {
    isRunning: state === 'running',
    outcome: outcomeOf(trying),
    tone: toneOf(state, result),
    error: result?.error && atStep(result.error.step, result.error.message),
    warnings: result?.warnings ?? [],
    steps: steps.map((step, index) => stepView(step, dryRun, index === steps.length - 1)),
    noSteps: state === 'running' ? t`None yet.` : t`None.`,
    stored: Object.entries(result?.stored ?? {}).map(([key, value]) => ({
      key,
      value: shown(value),
    })),
    deliveries: result?.deliveries ?? [],
    people: result ? [...peopleLines(result), ...accountsIn(result)] : [],
  };
}

function outcomeOf({ state, doing, result, wanted: { dryRun } }: Trying): string {
  switch (state) {
    case 'running':
      return doing;
    case 'stopped':
      return t`Stopped. Nothing more is sent, but a request already on its way may still take effect in the app.`;
    case 'ended':
      if (dryRun)
        return result?.error
          ? t`Nothing was sent. One of the requests can't be made like this; see why below.`
          : t`Nothing was sent. These are the requests; values between < and > are known only when it runs.`;
      return result ? statusSentence(result.status) : '';
    default:
      return unreachable(state);
  }
}

function statusSentence(status: TryResult['status']): string {
  return {
    succeeded: () => t`It succeeded.`,
    failed: () =>
      t`It failed; see why below. In normal use, Latchkey would retry it once, an hour later.`,
    blocked: () =>
      t`It was stopped: the condition of continue_if was not met. Latchkey would not retry it.`,
    has: () => t`The person has access.`,
    none: () => t`The person has no access.`,
    unknown: () => t`Not confirmed whether the person has access; see why below.`,
  }[status]();
}

const toneOf = (state: Trying['state'], result: TryResult | undefined): string =>
  state === 'running' ? 'running' : state === 'stopped' || result?.error ? 'bad' : 'good';

const atStep = (step: number | null, message: string): string =>
  step === null ? message : t`Request ${step + 1}: ${message}`;

function stepView(
  { method, url, status, tries, ms, request, response }: TryStep,
  dryRun: boolean,
  isLast: boolean,
) {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  const body = request.body === null ? [] : ['', shown(request.body)];
  const took = tries > 1 ? t`${ms} ms, sent ${tries} times` : `${ms} ms`;
  return {
    method,
    url,
    answer: dryRun ? '' : `→ ${status ?? t`no answer`} (${took})`,
    summary: dryRun ? t`What would be sent` : t`What was sent, and what came back`,
    isOpen: dryRun || isLast,
    request: [`${method} ${url}`, ...headers, ...body].join('\n'),
    response: response === null ? undefined : shown(response),
  };
}

const shown = (value: Json): string =>
  typeof value === 'string' ? value : stringifyJson(value, 2);

/** An import may have very many people. The first of each kind show whether the manifest is right. */
const PEOPLE_SHOWN = 20;

function accountsIn({ accounts }: TryResult): readonly string[] {
  if (!accounts) return [];
  const more = accounts.listed.length - PEOPLE_SHOWN;
  return compact([
    ...accountLines(accounts).slice(0, PEOPLE_SHOWN),
    more > 0 &&
      plural(more, { one: t`… and 1 more account`, other: t`… and ${more} more accounts` }),
    accounts.complete ? t`The list is complete.` : t`The list isn't complete.`,
  ]);
}

function peopleLines({ people: { created, updated, skipped } }: TryResult): readonly string[] {
  const first = (lines: readonly string[], rest: (more: number) => string) =>
    lines.length > PEOPLE_SHOWN
      ? [...lines.slice(0, PEOPLE_SHOWN), rest(lines.length - PEOPLE_SHOWN)]
      : lines;
  return [
    ...first(
      created.map(({ email, first_name: firstName, last_name: lastName }) =>
        t`Would be created: ${firstName} ${lastName} <${email}>`.replace(/ +/g, ' '),
      ),
      (more) =>
        plural(more, {
          one: t`… and 1 more would be created`,
          other: t`… and ${more} more would be created`,
        }),
    ),
    ...first(
      updated.map(({ email, stored }) => t`Would be updated: ${email} ${stringifyJson(stored)}`),
      (more) =>
        plural(more, {
          one: t`… and 1 more would be updated`,
          other: t`… and ${more} more would be updated`,
        }),
    ),
    ...Object.entries(skipped).map(([reason, count]) => t`Skipped, ${reason}: ${count}`),
  ];
}
