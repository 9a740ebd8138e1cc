/**
 * Tries in the manifest editor. They use the integration's saved secrets and token, and people from the directory. They
 * keep only the audit entry and a refreshed token, since the app no longer accepts the older one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Foundation } from '../app/foundation.ts';
import { plural, sayReadyMade, t } from '../core/translate.ts';
import { type Context, gatherSync } from '../engine/calls/context.ts';
import { redirectUrls, type Tokens } from '../engine/calls/oauth.ts';
import { originOf, originsOf } from '../engine/calls/request-origin.ts';
import { manifestIn } from '../engine/integrations/manifest-of.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import type { Person } from '../engine/people/directory.ts';
import type { OptionsAnswer } from '../engine/ports/chat-stores.ts';
import type { Http } from '../engine/ports/http.ts';
import type { OAuthToken } from '../engine/ports/integration-stores.ts';
import { nameOf } from '../web/editor/subject.ts';
import type { SpokenEnv } from './env.ts';
import type { Fixture } from './fixture.ts';
import type { Inputs } from './inputs.ts';
import type { TryOf, TryPages } from './page/try-pages.ts';
import { type OwnEnv, Tries } from './tries.ts';
import { missingSecrets } from './try-manifest.ts';
import { tryOptions } from './try-options.ts';
import type { Words } from './words.ts';

/** The parts of the foundation that the editor needs. */
export type EditorFoundation = Pick<
  Foundation,
  'stores' | 'transact' | 'http' | 'tokens' | 'now' | 'newId' | 'randomBytes'
> & { readonly config: Pick<Foundation['config'], 'publicUrl'> };

/** The time limit for a field's options, since a person waits for the page. */
const OPTIONS_MS = 30_000;

export function openTries(
  foundation: EditorFoundation,
  onError: (error: unknown, where: string) => void,
): TryPages {
  const { stores, http, now, newId, randomBytes, config } = foundation;
  const env: SpokenEnv = {
    http,
    now,
    newId,
    randomBytes,
    publicUrl: config.publicUrl,
    // A waiting try must not keep the process alive.
    pause: (ms) => pause(ms, undefined, { ref: false }),
    progress: () => undefined,
    isKnown: async (email) => (await stores.people.findByEmail(email)) !== undefined,
    // A getter, so that it uses the language of the person who starts the try.
    get words() {
      return pageWords();
    },
  };
  const tries = new Tries({ env, limit: (ms) => AbortSignal.timeout(ms), onError });

  return {
    async options(wanted, fieldId) {
      const { inputs, hosts, own } = await inputsOf(wanted, {}, foundation);
      const words = own.words ?? pageWords();
      const missing = missingSecrets(wanted.manifest, inputs, words);
      if (missing !== undefined) return { kind: 'problem', message: missing };
      await note(wanted, { part: 'options', dryRun: false, hosts }, foundation);
      const asked = tryOptions(
        { name: nameOf(wanted.subject), manifestText: wanted.text, fieldId },
        inputs,
        { ...env, ...own, words },
      );
      return Promise.race([asked, pause(OPTIONS_MS, late(), { ref: false })]);
    },
    async start(wanted, { part, dryRun, form }) {
      const { inputs, hosts, own } = await inputsOf(wanted, form, foundation);
      const name = nameOf(wanted.subject);
      const what = { name, manifestText: wanted.text, part, dryRun, inputs };
      const { session } = wanted;
      const started = tries.start(
        { ...session, mayGoOn: () => mayGoOn(session, foundation) },
        what,
        own,
      );
      if (started.kind === 'started') await note(wanted, { part, dryRun, hosts }, foundation);
      return started;
    },
    of: ({ id }) => tries.of(id),
    stop: ({ id }) => tries.stop(id),
  };
}

/** When a role is removed or a session ends, its tries end too. */
export async function mayGoOn(
  { id, personId }: TryOf['session'],
  { stores }: Pick<EditorFoundation, 'stores'>,
): Promise<boolean> {
  const person = await stores.people.find(personId);
  const session = await stores.webSessions.find(id);
  return session !== undefined && person?.active === true && person.role === 'admin';
}

const late = (): OptionsAnswer => ({
  kind: 'problem',
  message: t`The app hasn't answered yet. Try again in a moment.`,
});

const pageWords = (): Words => ({
  useSync: t`The manifest is an import: try its sync.`,
  useExecute: t`The manifest imports no one: it has no action and no data_structure.`,
  addPart: t`Add one, or try another part.`,
  noSuchPart: () => t`Choose what to try.`,
  noPerson: t`Choose a person to try it for.`,
  noSecrets: (unset) => {
    const names = unset.map(({ id, name }) => t`"${sayReadyMade(name)}" (${id})`).join(', ');
    return plural(unset.length, {
      one: t`${names} has no saved value that this manifest may use. Save the manifest and enter the value on the integration's card in chat, or use a dry run.`,
      other: t`${names} have no saved values that this manifest may use. Save the manifest and enter the values on the integration's card in chat, or use a dry run.`,
    });
  },
  noToken: t`It isn't connected. Save the manifest and press Connect on the integration's card in chat, or use a dry run.`,
  noAnswer: t`has no answer; go back and enter one`,
  noFact: t`isn't known for this person; go back and enter it`,
});

async function note(
  { session, subject, person }: TryOf,
  detail: {
    readonly part: string;
    readonly dryRun: boolean;
    readonly hosts: readonly string[];
  },
  { transact }: EditorFoundation,
): Promise<void> {
  const { hosts, ...rest } = detail;
  await transact((tx) =>
    tx.audit('manifest.tried', {
      actor: { kind: 'person', personId: session.personId, via: 'web' },
      personId: person?.id,
      integrationId: subject.kind === 'existing' ? subject.integration.id : undefined,
      detail: { name: nameOf(subject), ...rest, hosts: hosts.join(', ') },
    }),
  );
}

interface GivenInputs {
  readonly inputs: Inputs;
  /** The hosts that the manifest calls, as far as they are known before the try. */
  readonly hosts: readonly string[];
  readonly own: OwnEnv;
}

/**
 * The saved manifest's values go only to the saved manifest's hosts. When the typed manifest names another host, it gets
 * none of them. To use that host, save the manifest, which is audited and visible to others.
 */
async function inputsOf(
  { subject, text, manifest, person }: TryOf,
  form: Inputs['form'],
  foundation: EditorFoundation,
): Promise<GivenInputs> {
  const { stores, http } = foundation;
  const about = {
    person: person && { person, others: await othersOf(person, foundation) },
    form,
    people: [],
  };
  if (subject.kind === 'new')
    return { inputs: { ...about, secrets: {} }, hosts: hostsIn(originsOf(manifest, {})), own: {} };
  const { id } = subject.integration;
  const saved = await stores.secrets.all(id);
  const savedText = subject.version?.manifest ?? '';
  const secrets = usable(saved, manifest, savedText);
  const before = manifestIn({ manifest: savedText });
  const called = before ? originsOf(before, saved) : new Set<string>();
  const wanted = originsOf(manifest, secrets);
  const isSaved = text === savedText; // Then it calls the same hosts as in service.
  const others = new Set([...wanted].filter((origin) => !isSaved && !called.has(origin)));
  const hosts = hostsIn(wanted);
  if (others.size > 0) {
    const open = manifest.initialDataForm.filter(({ secret }) => !secret).map((item) => item.id);
    const shown = Object.entries(secrets).filter(([name]) => open.includes(name));
    const words = withheldWords(hostsIn(others).join(', '));
    return { inputs: { ...about, secrets: Object.fromEntries(shown) }, hosts, own: { words } };
  }
  const token = manifest.oauth && (await stores.oauth.find(id));
  const guarded = isSaved ? http : onlyTo(called, http);
  if (!token) return { inputs: { ...about, secrets }, hosts, own: { http: guarded } };
  return {
    inputs: { ...about, secrets, oauth: token.answer },
    hosts,
    own: { http: guarded, tokensOf: (fixture) => savedTokens(token, fixture, foundation) },
  };
}

/** The most hosts in an audit entry. A manifest with more has other problems. */
const MAX_HOSTS = 20;
const hostsIn = (origins: ReadonlySet<string>): readonly string[] =>
  [...new Set([...origins].map((origin) => new URL(origin).host))].slice(0, MAX_HOSTS);

/** A request's address may depend on the person and on answers, so each request is checked. */
const onlyTo = (called: ReadonlySet<string>, http: Http): Http => ({
  send: async (request, limits, streams) => {
    const origin = originOf(request.url);
    if (origin !== undefined && called.has(origin)) return http.send(request, limits, streams);
    return {
      kind: 'failed',
      code: 'bad-url',
      message: t`Nothing was sent: the saved manifest doesn't call this host, so a try sends it no saved secrets. Save the manifest first.`,
      maySent: false,
    };
  },
});

function withheldWords(hosts: string): Words {
  const why = t`The saved manifest doesn't call ${hosts}, so a try sends no saved secrets there. Save the manifest first, or use a dry run.`;
  return { ...pageWords(), noSecrets: () => why, noToken: why };
}

/** Their manager and buddy, since a manifest may use their names and addresses. */
async function othersOf(
  { managerId, buddyId }: Person,
  { stores }: EditorFoundation,
): Promise<readonly Person[]> {
  const ids = [managerId, buddyId].filter((id) => id !== undefined);
  const others = await Promise.all(ids.map((id) => stores.people.find(id)));
  return others.filter((other) => other !== undefined);
}

/**
 * The saved values that the manifest uses. A secret stays secret: when the typed manifest says `secret: false` for a
 * saved secret, we don't use that value, since it would be shown.
 */
function usable(
  saved: Readonly<Record<string, string>>,
  typed: Manifest,
  savedText: string,
): Readonly<Record<string, string>> {
  const before = manifestIn({ manifest: savedText });
  const wasOpen = new Set(
    before?.initialDataForm.filter(({ secret }) => !secret).map(({ id }) => id),
  );
  const wanted = typed.initialDataForm.filter(
    ({ id, secret, generate }) => !generate && (secret || wasOpen.has(id)),
  );
  return Object.fromEntries(
    wanted.flatMap(({ id }) => {
      const value = Object.hasOwn(saved, id) ? saved[id] : undefined;
      return value === undefined ? [] : [[id, value]];
    }),
  );
}

/**
 * The integration's own tokens, refreshed with its saved manifest and stored, as in service. An app that gives a new
 * refresh token no longer accepts the older one. The try gets a copy of each.
 * @param first the token at the start of the try
 */
function savedTokens(
  first: OAuthToken,
  { stores: tried, integration }: Fixture,
  { stores, tokens, config }: EditorFoundation,
): Tokens {
  const { integrationId } = first;
  const redirectUrl = redirectUrls(config.publicUrl)(integrationId);
  let last: Context | undefined;

  async function copy(context: Context, token: OAuthToken): Promise<Context> {
    const generation = token.generation - first.generation + 1;
    const { oauthApp: app } = context;
    const copied = { ...token, integrationId: integration.id, generation, app };
    await tried.oauth.put(copied);
    return context.withToken(copied, redirectUrl);
  }

  return {
    async fresh(context) {
      if (!context.manifest.oauth) return { ok: true, context };
      const saved = await gatherSync(stores, integrationId);
      if (!saved.ok) return saved;
      const had = await tokens.fresh(saved.context);
      if (!had.ok) return had;
      last = had.context;
      return { ok: true, context: last.token ? await copy(context, last.token) : context };
    },
    async renewed(context) {
      const newer = last && (await tokens.renewed(last));
      if (!newer?.token) return undefined;
      last = newer;
      return copy(context, newer.token);
    },
    exchangeCode: async () => ({ ok: false, why: 'A try connects nothing.' }),
  };
}
