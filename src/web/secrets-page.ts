/**
 * `/secrets/<session>`: an admin types an integration's secrets. A saved secret is never shown again, and no page repeats
 * a typed one. Valid values are saved at once; the page then asks only for the rest.
 */
import { readFileSync } from 'node:fs';
import express, { type Request, type Response, Router } from 'express';
import { compact } from '../core/compact.ts';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import {
  type AskedValue,
  type AskedValues,
  askedOf,
  type Entered,
  enterSecrets,
  hiddenIn,
} from '../engine/integrations/enter-secrets.ts';
import { type IntegrationState, stateOf } from '../engine/integrations/integration-state.ts';
import { nextStep } from '../engine/integrations/next-step.ts';
import { MAX_CHARACTERS } from '../engine/integrations/value-problem.ts';
import { showResult } from '../engine/links/page-result.ts';
import type { Integration, Person } from '../engine/people/directory.ts';
import type { Transaction } from '../engine/ports/unit-of-work.ts';
import { type MessagePage, PAGE_SCRIPT, pageTemplate, sendHtml, sendPage } from './pages.ts';
import {
  type Admitted,
  type GoodSession,
  publicPath,
  type ResultDeps,
  refusesStranger,
  requireSession,
  type SessionDeps,
} from './sessions.ts';

/** In bytes of a submitted form: a dozen long values, percent-encoded. */
const FORM_BYTES = 512 * 1024;
const SCRIPT = '/secrets/page.js';

const script = readFileSync(new URL('./pages/secrets.js', import.meta.url), 'utf8');
const renderForm = pageTemplate<{
  readonly intro: string;
  readonly integrationName?: string;
  /** The address to register at the app. */
  readonly redirectUrl?: string;
  readonly csrf: string;
  readonly version: string;
  // These names differ from the fields' properties: mustache looks in the outer view for what a field lacks.
  readonly notTaken?: string;
  readonly savedNow?: string;
  readonly fields: readonly FieldView[];
}>(new URL('./pages/secrets.mustache', import.meta.url));

interface FieldView {
  readonly inputId: string;
  readonly name: string;
  /** The name of the field with several lines. */
  readonly linesName: string;
  readonly type: 'password' | 'text';
  readonly isSecret: boolean;
  readonly label: string;
  readonly hint?: string;
  readonly isSet: boolean;
  readonly problem?: string;
  readonly describedBy?: string;
  /** The input's maximum length: one more than we save, since browsers cut longer values silently. */
  readonly most: number;
}

export interface SecretsDeps extends SessionDeps, ResultDeps {
  readonly redirectUrlOf: (integrationId: string) => string;
}

export function secretsPages(deps: SecretsDeps): Router {
  const router = Router();
  router.get(SCRIPT, (_request, response) => {
    response.type('text/javascript').send(script);
  });
  router.get('/secrets/:session', (request, response) => show(deps, request, response));
  router.post(
    '/secrets/:session',
    (request, response, next) => {
      const refusal = refusesStranger(request, 'secrets', deps);
      if (refusal) sendPage(response, refusal.status, refusal.page);
      else next();
    },
    // Browsers compress no form.
    express.urlencoded({ extended: false, limit: FORM_BYTES, inflate: false }),
    (request, response) => save(deps, request, response),
  );
  return router;
}

async function show(deps: SecretsDeps, request: Request, response: Response): Promise<void> {
  const admitted = await requireSession(request, 'secrets', deps);
  if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
  const { session, integration } = about(admitted);
  const asked = await askedOf(deps.stores, integration);
  if (!asked) return sendPage(response, 409, unreadable(integration));
  if (asked.values.length === 0) return sendPage(response, 200, nothingAsked(integration));
  sendHtml(response, 200, formPage(deps, { integration, ...asked }, session));
}

async function save(deps: SecretsDeps, request: Request, response: Response): Promise<void> {
  // In one transaction, so that a person who is no longer an admin at the commit saves nothing.
  const outcome = await deps.transact((tx) => saving(tx, request, deps));
  switch (outcome.kind) {
    case 'page':
      return sendPage(response, outcome.status, outcome.page);
    case 'form':
      return sendHtml(response, 422, outcome.html);
    default:
      return unreachable(outcome);
  }
}

type Outcome =
  | { readonly kind: 'page'; readonly status: number; readonly page: MessagePage }
  | { readonly kind: 'form'; readonly html: string };

async function saving(tx: Transaction, request: Request, deps: SecretsDeps): Promise<Outcome> {
  const admitted = await requireSession(request, 'secrets', { ...deps, tx });
  if (!admitted.ok) return { kind: 'page', ...admitted };
  const { session, integration, person } = about(admitted);
  const typed = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  if (typed['do'] === 'close') return ended(tx, session, closed(integration));

  const asked = await askedOf(tx, integration);
  if (!asked) return { kind: 'page', status: 409, page: unreadable(integration) };
  const actor = { kind: 'person', personId: person.id, via: 'web' } as const;
  const values = valuesIn(typed, asked.values);
  const entered = await enterSecrets(tx, integration, {
    asked: asked.values,
    hidden: await hiddenIn(tx, integration, textIn(typed, VERSION)),
    typed: values,
    actor,
  });
  const isDone = Object.keys(entered.problems).length === 0;
  if (entered.saved.length > 0) {
    const result = { done: 'secrets', integrationId: integration.id } as const;
    await showResult(tx, session.id, deps.resultCard(result));
  }
  if (isDone && entered.saved.length > 0)
    return ended(tx, session, saved(integration, await stateOf(tx, integration)));
  const now = (await askedOf(tx, integration)) ?? asked;
  return { kind: 'form', html: formPage(deps, { integration, ...now }, { ...session, entered }) };
}

/** A secrets session always has an integration. */
function about(admitted: Extract<Admitted, { ok: true }>): {
  readonly session: GoodSession;
  readonly person: Person;
  readonly integration: Integration;
} {
  const { session, person, integration } = admitted;
  if (!integration) throw new TypeError('A session for secrets without an integration');
  return { session, person, integration };
}

async function ended(tx: Transaction, { id }: GoodSession, page: MessagePage): Promise<Outcome> {
  await tx.webSessions.delete(id);
  return { kind: 'page', status: 200, page };
}

/** Prefixes that keep these fields apart from the form's others. */
const FIELD = 'value.';
const LINES = 'lines.';
/** The version of the manifest that the form was made from. */
const VERSION = 'version';

/** Each value from its one-line field, or, when that is empty, from the field with several lines. */
const valuesIn = (
  typed: Readonly<Record<string, unknown>>,
  asked: readonly AskedValue[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    asked.map(({ id }) => [
      id,
      textIn(typed, FIELD + id) || textIn(typed, LINES + id).replaceAll(/\r\n?/g, '\n'),
    ]),
  );

function textIn(typed: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(typed, name) ? typed[name] : undefined;
  return typeof value === 'string' ? value.trim() : '';
}

function formPage(
  deps: SecretsDeps,
  {
    integration: { id, name, manifestVersionId = '' },
    values,
    connects,
  }: AskedValues & { readonly integration: Integration },
  {
    csrf,
    expiresAt,
    entered,
  }: Pick<GoodSession, 'csrf' | 'expiresAt'> & { readonly entered?: Entered },
): string {
  const names = (ids: readonly string[]) =>
    values
      .filter((each) => ids.includes(each.id))
      .map((each) => each.name)
      .join(', ');
  const wrong = entered && Object.keys(entered.problems).length > 0;
  return renderForm({
    title: t`Set up ${name}`,
    intro: t`What you enter here is encrypted and never shown again: not in chat, in logs or on this page. To see a value again, look it up where it comes from.`,
    csrf,
    version: manifestVersionId,
    endsAt: expiresAt,
    scripts: [publicPath(PAGE_SCRIPT, deps), publicPath(SCRIPT, deps)],
    ...(connects && { redirectUrl: deps.redirectUrlOf(id), integrationName: name }),
    ...(entered && {
      notTaken: wrong
        ? t`Not everything is saved yet. See below.`
        : t`You entered nothing, so nothing changed.`,
    }),
    ...(entered && entered.saved.length > 0 && { savedNow: t`Saved: ${names(entered.saved)}.` }),
    fields: values.map((value, index) => fieldView(value, index, entered?.problems[value.id])),
  });
}

function fieldView(value: AskedValue, index: number, problem: string | undefined): FieldView {
  const { id, name, description, secret, isSet } = value;
  const inputId = `value-${index}`;
  const describedBy = compact([
    description && `${inputId}-hint`,
    problem && `${inputId}-problem`,
  ]).join(' ');
  return {
    inputId,
    name: FIELD + id,
    linesName: LINES + id,
    type: secret ? 'password' : 'text',
    isSecret: secret,
    label: name,
    isSet,
    most: MAX_CHARACTERS + 1,
    hint: description,
    problem,
    ...(describedBy !== '' && { describedBy }),
  };
}

const closeThis = () => t`You can close this page.`;

const saved = ({ name }: Integration, state: IntegrationState): MessagePage => ({
  title: t`Saved for ${name}`,
  text: `${nextStep(name, state)} ${closeThis()}`,
});

const closed = ({ name }: Integration): MessagePage => ({
  title: t`Closed`,
  text: t`Nothing more was saved for ${name}. To continue later, press "Enter secrets…" or "Replace secrets…" on its card in chat. ${closeThis()}`,
});
const unreadable = ({ name }: Integration): MessagePage => ({
  title: t`The manifest of ${name} can't be read`,
  text: t`Latchkey doesn't know what it needs, so nothing was saved. In chat, edit the integration and save its manifest again.`,
});
const nothingAsked = ({ name }: Integration): MessagePage => ({
  title: t`${name} needs no values`,
  text: t`Its manifest has no initial_data_form, so there is nothing to enter. ${closeThis()}`,
});
