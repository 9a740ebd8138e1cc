/** The pages of chat's links, assembled from the engine and the bot's cards. */
import type { RequestHandler } from 'express';
import { pageResult } from '../bots/features/integrations/page-result.ts';
import { linkQuestion } from '../bots/features/messages/confirm-link.ts';
import type { Services } from '../bots/live/context.ts';
import { clientOf, type TrustedProxies } from '../core/network/client-address.ts';
import { t } from '../core/translate.ts';
import { redirectUrls } from '../engine/calls/oauth.ts';
import { revealSecret } from '../engine/event-endpoints/change-endpoint.ts';
import type { RevealPurpose } from '../engine/links/link.ts';
import { revealEmailed } from '../engine/messages/emailed-links.ts';
import { revealDelivery } from '../engine/messages/reveal-delivery.ts';
import type { PresentRequest } from '../engine/requests/prepared.ts';
import { revealSecret as revealSecretOfHook } from '../engine/sequences/hooks/change-hook.ts';
import type { HookRefusals } from '../engine/sequences/hooks/refusals.ts';
import { revealToken } from '../engine/tokens/reveal-token.ts';
import { isListed } from '../http/address-guard.ts';
import { VERSION } from '../version.ts';
import { openDoor } from '../web/api/door.ts';
import { apiPages } from '../web/api/router.ts';
import { bundlePages } from '../web/bundles/router.ts';
import { emailedLinkPages } from '../web/emailed-links.ts';
import { exportPages } from '../web/exports.ts';
import { hookCalls } from '../web/hooks.ts';
import { linkPages } from '../web/links.ts';
import { mcpPages } from '../web/mcp/router.ts';
import { oauthPages } from '../web/oauth.ts';
import { overviewPages } from '../web/overview/router.ts';
import { inChosenLanguage } from '../web/reader-language.ts';
import { secretsPages } from '../web/secrets-page.ts';
import { refusesStranger, requireSession, type SessionDeps } from '../web/sessions.ts';
import { authenticatorPages } from '../web/step-up/authenticator-page.ts';
import type { Foundation } from './foundation.ts';
import { itemForms } from './item-forms.ts';
import { openEditor } from './manifest-editor.ts';
import { overviewWords } from './overview-words.ts';

interface PageDeps {
  readonly proxies: TrustedProxies;
  readonly refusals: HookRefusals;
  readonly signals: Services['signals'];
  readonly onError: (error: unknown, where: string) => void;
}

interface ApiPageDeps extends Omit<PageDeps, 'refusals'> {
  readonly answered: (route: string, status: number) => void;
  readonly present: PresentRequest;
}

/** What programs use, which isn't a page: it has limits of its own, which are one door. */
export function webPrograms(
  { config, stores, transact, now, vault }: Foundation,
  { proxies, signals, onError, answered, present }: ApiPageDeps,
): { readonly api: RequestHandler; readonly mcp: RequestHandler } {
  const { publicUrl, timeZone } = config;
  const database = { stores, transact, now };
  const ticks = () => performance.now();
  const door = openDoor({ ...database, ticks, client: (request) => clientOf(request, proxies) });
  const keyedHash = (text: string) => vault.keyedHash(text);
  const isKeyedHash = (hash: string, text: string) => vault.isKeyedHash(hash, text);
  const hashes = { keyedHash, isKeyedHash };
  const deps = { ...database, ...hashes, door, signals, publicUrl, timeZone, answered, onError };
  return { api: apiPages(deps), mcp: mcpPages({ ...deps, ticks, present, version: VERSION }) };
}

export function webPages(
  foundation: Foundation,
  { proxies, refusals, signals, onError }: PageDeps,
): readonly RequestHandler[] {
  const { config, stores, transact, now, randomBytes, vault } = foundation;
  const sessions: SessionDeps = {
    stores,
    transact,
    now,
    keyedHash: (text) => vault.keyedHash(text),
    publicUrl: config.publicUrl,
  };
  const links = linkPages({
    ...sessions,
    randomBytes,
    question: ({ id, openings }) => linkQuestion.with({ linkId: id, opening: openings }),
    reveal: {
      ask: (purpose) => ({
        title: readyWords(purpose),
        text: t`You can see it only once, so have a safe place ready for it.`,
        button: t`Show it now`,
      }),
      async use(tx, link) {
        if (link.purpose === 'hook') {
          const endpoint = await tx.eventEndpoints.find(link.subject);
          return endpoint ? revealSecret(tx, endpoint, link) : revealSecretOfHook(tx, link);
        }
        if (link.purpose === 'api-token') return revealToken(tx, link);
        const reveal = link.purpose === 'emailed' ? revealEmailed : revealDelivery;
        return reveal(tx, link);
      },
    },
  });
  const redirectUrlOf = redirectUrls(config.publicUrl);
  const oauth = oauthPages({
    ...sessions,
    resultCard: (result) => pageResult.with(result),
    tokens: foundation.tokens,
    redirectUrlOf,
    mayUseHttp: (url) => isListed(url, config.allowPrivateHosts),
  });
  const editor = openEditor(foundation, {
    session: (request) => requireSession(request, 'manifest', sessions),
    refusesStranger: (request) => refusesStranger(request, 'manifest', sessions),
    onError,
  });
  return [
    inChosenLanguage(sessions),
    exportPages({ ...sessions, personalData: foundation.personalData }),
    hookCalls({
      refusals,
      stores,
      transact,
      now,
      ticks: () => performance.now(),
      client: (request) => clientOf(request, proxies),
    }),
    emailedLinkPages(sessions), // Before the others, which match any path below /links.
    links,
    secretsPages({ ...sessions, resultCard: (result) => pageResult.with(result), redirectUrlOf }),
    bundlePages({ ...sessions, items: itemForms({ ...sessions, signals }) }),
    authenticatorPages(sessions),
    overviewPages({
      ...sessions,
      words: overviewWords({ stores, now }),
      timeZone: config.timeZone,
    }),
    oauth,
    editor,
  ];
}

const readyWords = (purpose: RevealPurpose): string =>
  purpose === 'hook'
    ? t`Your webhook's secret is ready`
    : purpose === 'api-token'
      ? t`Your API token is ready`
      : t`Your message is ready`;
