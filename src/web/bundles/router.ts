/**
 * `/bundles/<session>`: an admin makes bundles in a browser: the list, one bundle, and one app of it. What it changes, it changes
 * as chat does (`change-bundle.ts`). Every page works without a script. Changes that wait for their dry run are applied in chat.
 */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { provisioningIntegrations } from '../../engine/access/access-overview.ts';
import type { Bundle, BundleItem } from '../../engine/bundles/bundle.ts';
import { discardDraft } from '../../engine/bundles/bundle-draft.ts';
import {
  type BundleChange,
  type BundleText,
  changeBundle,
  deleteBundle,
  editedVersion,
  makeBundle,
  moveItem,
  putItem,
  removeItem,
} from '../../engine/bundles/change-bundle.ts';
import { managedWords } from '../../engine/configuration/managed-words.ts';
import type { Integration, Person } from '../../engine/people/directory.ts';
import type { Stores, Transaction } from '../../engine/ports/unit-of-work.ts';
import { type MessagePage, PAGE_SCRIPT, sendHtml, sendPage } from '../pages.ts';
import {
  type GoodSession,
  publicPath,
  refusesStranger,
  requireSession,
  type SessionDeps,
  sessionPath,
} from '../sessions.ts';
import { type ItemField, type Page, type Typed, views } from './views.ts';

/** In bytes: a dozen answers, percent-encoded. */
const FORM_BYTES = 256 * 1024;
const PAGE = 20;
const MAX_SEARCH = 100;

export interface ItemForms {
  /** The fields of one app of a bundle, with its answers and length of now. Options are fetched for that person. */
  fieldsOf(
    integration: Integration,
    item: BundleItem | undefined,
    person: Person,
  ): Promise<Readonly<Record<string, ItemField>>>;
  /** @param typed by the names of the fields. Messages by name where something is wrong. */
  read(
    integration: Integration,
    fields: Readonly<Record<string, ItemField>>,
    typed: Typed,
  ):
    | { readonly ok: true; readonly item: BundleItem }
    | { readonly ok: false; readonly errors: Readonly<Record<string, string>> };
}

export interface BundlePagesDeps extends SessionDeps {
  readonly items: ItemForms;
}

interface Turn {
  readonly person: Person;
  readonly request: Request;
  readonly page: Page;
  readonly typed: Typed;
}

type Answer =
  | { readonly kind: 'html'; readonly status: number; readonly html: string }
  | { readonly kind: 'page'; readonly status: number; readonly page: MessagePage }
  | { readonly kind: 'go'; readonly to: string };

export function bundlePages(deps: BundlePagesDeps): Router {
  const router = Router();
  const form = [
    strangersOut(deps),
    express.urlencoded({ extended: false, limit: FORM_BYTES, inflate: false }),
  ];
  const root = '/bundles/:session';
  router.get(root, shows(deps, list));
  router.post(root, form, changes(deps, make));
  router.get(`${root}/:bundle`, shows(deps, edit));
  router.post(`${root}/:bundle`, form, changes(deps, change));
  router.get(`${root}/:bundle/item`, shows(deps, item));
  router.post(`${root}/:bundle/item`, form, shows(deps, saveItem));
  return router;
}

/** Runs before the body is read. */
const strangersOut =
  (deps: BundlePagesDeps): RequestHandler =>
  (request, response, next) => {
    const refusal = refusesStranger(request, 'bundles', deps);
    if (refusal) sendPage(response, refusal.status, refusal.page);
    else next();
  };

function shows(
  deps: BundlePagesDeps,
  draw: (turn: Turn, deps: BundlePagesDeps) => Promise<Answer>,
): RequestHandler {
  return async (request, response) => {
    const admitted = await requireSession(request, 'bundles', deps);
    if (!admitted.ok) return sendPage(response, admitted.status, admitted.page);
    send(response, await draw(turnOf(request, admitted, deps), deps));
  };
}

/** In one transaction, so that a person who is no longer an admin at the commit changes nothing. */
function changes(
  deps: BundlePagesDeps,
  work: (tx: Transaction, turn: Turn) => Promise<Answer>,
): RequestHandler {
  return async (request, response) => {
    const answer = await deps.transact(async (tx): Promise<Answer> => {
      const admitted = await requireSession(request, 'bundles', { ...deps, tx });
      if (!admitted.ok) return { kind: 'page', ...admitted };
      return work(tx, turnOf(request, admitted, deps));
    });
    send(response, answer);
  };
}

const turnOf = (
  request: Request,
  { session, person }: { readonly session: GoodSession; readonly person: Person },
  deps: BundlePagesDeps,
): Turn => ({
  person,
  request,
  page: {
    session,
    root: publicPath(sessionPath(session), deps),
    script: publicPath(PAGE_SCRIPT, deps),
  },
  typed: (request.body ?? {}) as Typed,
});

function send(response: Response, answer: Answer): void {
  switch (answer.kind) {
    case 'html':
      return sendHtml(response, answer.status, answer.html);
    case 'page':
      return sendPage(response, answer.status, answer.page);
    case 'go':
      return response.redirect(303, answer.to);
    default:
      return unreachable(answer);
  }
}

const actorOf = ({ person }: Turn) =>
  ({ actor: { kind: 'person', personId: person.id, via: 'web' } }) as const;

const textOf = (typed: Typed, name: string): string => {
  const value = Object.hasOwn(typed, name) ? typed[name] : undefined;
  return typeof value === 'string' ? value : '';
};
const bundleText = (typed: Typed): BundleText => ({
  name: textOf(typed, 'name'),
  description: textOf(typed, 'description'),
  tags: textOf(typed, 'tags'),
});
const queried = ({ query }: Request, name: string): string => textOf(query as Typed, name);

/** A form that was refused, with what was typed in it. */
interface Again {
  readonly typed?: BundleText;
  readonly refused: Extract<BundleChange, { readonly ok: false }>;
}

const list = (turn: Turn, { stores }: BundlePagesDeps): Promise<Answer> => listWith(stores, turn);

async function listWith(stores: Stores, { page, request }: Turn, again?: Again): Promise<Answer> {
  const asked = queried(request, 'page');
  const wanted = /^\d{1,6}$/.test(asked) ? Number(asked) : 0;
  const searched = queried(request, 'text').slice(0, MAX_SEARCH);
  const { items: bundles, total } = await stores.bundles.list(searched, {
    offset: wanted * PAGE,
    limit: PAGE,
  });
  const versions = await stores.bundles.findVersions(bundles.map(({ versionId }) => versionId));
  const rows = bundles.map((bundle) => ({
    bundle,
    apps: versions.find(({ id }) => id === bundle.versionId)?.items.length ?? 0,
  }));
  const html = views.list({
    ...page,
    ...again,
    rows,
    total,
    text: searched,
    page: wanted,
    pages: Math.max(1, Math.ceil(total / PAGE)),
  });
  return { kind: 'html', status: again ? 422 : 200, html };
}

async function make(tx: Transaction, turn: Turn): Promise<Answer> {
  const typed = bundleText(turn.typed);
  const made = await makeBundle(tx, typed, actorOf(turn));
  return made.ok
    ? { kind: 'go', to: `${turn.page.root}/${made.bundle.id}` }
    : listWith(tx, turn, { typed, refused: made });
}

/** The bundle of the address, with its items as an admin edits them. */
async function bundleOf(stores: Stores, { request }: Turn) {
  const bundle = await stores.bundles.find(String(request.params['bundle'] ?? ''));
  const version = bundle && !bundle.deletedAt ? await editedVersion(stores, bundle) : undefined;
  return bundle && version && { bundle, items: version.items };
}

const edit = (turn: Turn, { stores }: BundlePagesDeps): Promise<Answer> => editWith(stores, turn);

async function editWith(stores: Stores, turn: Turn, again?: Again): Promise<Answer> {
  const found = await bundleOf(stores, turn);
  if (!found) return { kind: 'page', status: 410, page: gone() };
  const [apps, rules] = [
    await provisioningIntegrations(stores),
    await stores.rules.giving(found.bundle.id),
  ];
  const has = (id: string) => found.items.some(({ integrationId }) => integrationId === id);
  const known = await stores.integrations.findMany(
    found.items.map(({ integrationId }) => integrationId),
  );
  const html = views.edit({
    ...turn.page,
    ...found,
    ...again,
    rules,
    notice: await managedWords(stores, 'bundle', found.bundle.id),
    apps: known,
    offered: apps
      .map(({ integration }) => integration)
      .filter(({ id, enabled }) => enabled && !has(id)),
  });
  return { kind: 'html', status: again ? 422 : 200, html };
}

async function change(tx: Transaction, turn: Turn): Promise<Answer> {
  const found = await bundleOf(tx, turn);
  if (!found) return { kind: 'page', status: 410, page: gone() };
  const { id } = found.bundle;
  const [what = '', integrationId = ''] = textOf(turn.typed, 'do').split(' ');
  const typed = what === 'save' ? bundleText(turn.typed) : undefined;
  const done = await changing(tx, id, { what, integrationId, typed, by: actorOf(turn) });
  if (!done.ok) return editWith(tx, turn, { refused: done, typed });
  if (what === 'delete') return { kind: 'go', to: turn.page.root };
  const row = what === 'up' || what === 'down' ? rowOf(integrationId) : '';
  return { kind: 'go', to: `${turn.page.root}/${id}${row}` };
}

/** The address of an app in its bundle's page, so that a keyboard goes on there and not at the top. */
const rowOf = (integrationId: string): string => `#${encodeURIComponent(integrationId)}`;

async function changing(
  tx: Transaction,
  id: string,
  {
    what,
    integrationId,
    typed,
    by,
  }: {
    readonly what: string;
    readonly integrationId: string;
    readonly typed: BundleText | undefined;
    readonly by: ReturnType<typeof actorOf>;
  },
): Promise<BundleChange> {
  if (typed) return changeBundle(tx, id, { typed, ...by });
  if (what === 'delete') return deleteBundle(tx, id, by);
  if (what === 'discard') return discardDraft(tx, id, by);
  if (what === 'remove') return removeItem(tx, id, { integrationId, ...by });
  if (what === 'up' || what === 'down')
    return moveItem(tx, id, { integrationId, direction: what, ...by });
  return { ok: false, why: t`Nothing changed. Press one of the buttons below.` };
}

interface FoundItem {
  readonly bundle: Bundle;
  readonly integration: Integration;
  readonly fields: Readonly<Record<string, ItemField>>;
}

/** The app that `?app=` names, in the bundle or to be added to it. */
async function itemOf(
  turn: Turn,
  { stores, items }: BundlePagesDeps,
): Promise<FoundItem | undefined> {
  const found = await bundleOf(stores, turn);
  const integration = await stores.integrations.find(queried(turn.request, 'app'));
  if (!found || !integration || integration.deletedAt) return undefined;
  const before = found.items.find(({ integrationId }) => integrationId === integration.id);
  const fields = await items.fieldsOf(integration, before, turn.person);
  return { bundle: found.bundle, integration, fields };
}

async function item(turn: Turn, deps: BundlePagesDeps): Promise<Answer> {
  const found = await itemOf(turn, deps);
  return found
    ? { kind: 'html', status: 200, html: views.item({ ...turn.page, ...found, typed: undefined }) }
    : { kind: 'page', status: 410, page: gone() };
}

async function saveItem(turn: Turn, deps: BundlePagesDeps): Promise<Answer> {
  // Its options are fetched outside the transaction.
  const found = await itemOf(turn, deps);
  if (!found) return { kind: 'page', status: 410, page: gone() };
  const { bundle, integration, fields } = found;
  const again = (errors: Readonly<Record<string, string>>, problem?: string): Answer => ({
    kind: 'html',
    status: 422,
    html: views.item({ ...turn.page, ...found, typed: turn.typed, errors, problem }),
  });
  const read = deps.items.read(integration, fields, turn.typed);
  if (!read.ok) return again(read.errors);
  return deps.transact(async (tx): Promise<Answer> => {
    const admitted = await requireSession(turn.request, 'bundles', { ...deps, tx });
    if (!admitted.ok) return { kind: 'page', ...admitted };
    const saved = await putItem(tx, bundle.id, {
      item: read.item,
      seen: { ...bundle, version: Number(textOf(turn.typed, 'seen')) }, // As the page was read.
      ...actorOf(turn),
    });
    return saved.ok
      ? { kind: 'go', to: `${turn.page.root}/${bundle.id}${rowOf(integration.id)}` }
      : again({}, saved.why);
  });
}

const gone = (): MessagePage => ({
  title: t`This no longer exists`,
  text: t`The bundle or the app has been deleted, so there is nothing to change.`,
});
