/**
 * A link opens a page outside chat for one person, once: to reveal a secret, to enter one, or to do what chat has no form for.
 *
 * Words. Latchkey *issues* a link for a person. A browser *opens* it and shows a number of four digits. The person *confirms*
 * that number in their direct conversation. Then the page's button *uses* the link. A *session* (`web-sessions.ts`) keeps the
 * page open after that. The *purpose* says what the link is for. The *subject* says what it is about.
 *
 * | state     | what it means                                                       | what ends it                                  |
 * |-----------|---------------------------------------------------------------------|-----------------------------------------------|
 * | new       | no browser has opened it                                            | a browser opens it                            |
 * | opened    | a browser shows a number, and chat asks the person for that number  | the right or a wrong number; a later browser  |
 * | confirmed | the person picked the right number; only that browser may use it    | its button; for an emailed link, another browser |
 * | used      | the message was shown, or the page opened                           | final                                         |
 * | refused   | the person picked a wrong number, or said that they opened nothing  | final                                         |
 *
 * A link that isn't used expires at `expiresAt`: 15 minutes after it was issued, or a week after the email that led to it. That
 * is no state of its own. Expired links are kept for a day, so that the page can say why the link no longer works.
 *
 * Events: none. Live cards follow a link by `linkTopic` and `sentLinkTopic`.
 *
 * Where to begin: `links.ts` has every transition (`issueLink`, `openLink`, `confirmLink`, `useLink`). The pages are in
 * `web/links.ts`.
 */

export type LinkPurpose =
  /** Reveal a message once. */
  | 'delivery'
  /** Reveal the message behind a link in an email. The person first confirms in chat that they opened it. */
  | 'emailed'
  /** Enter an integration's secrets. */
  | 'secrets'
  /** Write a manifest. The subject is the id of an integration, or of a draft when the integration is new. */
  | 'manifest'
  /** Connect an integration by OAuth2. */
  | 'connect'
  /** Download a file. The subject is JSON, see `exports.ts`. */
  | 'export'
  /** Make bundles. The subject is `bundles`: all of them. */
  | 'bundles'
  /** Read who has what, and what became of it. The subject is `overview`: all of it. */
  | 'overview'
  /** Set up an authenticator. The subject is `authenticator`: their own. */
  | 'authenticator'
  /** Reveal the secret of a hook once. */
  | 'hook'
  /** Make an API token and reveal it once. The subject is JSON, see `reveal-token.ts`. */
  | 'api-token';

/** These show something once. The others open a page. */
export type RevealPurpose = 'delivery' | 'emailed' | 'hook' | 'api-token';

const reveals: Readonly<Record<RevealPurpose, true>> = {
  delivery: true,
  emailed: true,
  hook: true,
  'api-token': true,
};
export const isReveal = (purpose: LinkPurpose): purpose is RevealPurpose =>
  Object.hasOwn(reveals, purpose);

export interface LinkFacts {
  readonly id: string;
  readonly version: number;
  readonly purpose: LinkPurpose;
  /** What it is about: usually an id; the purpose says of what. */
  readonly subject: string;
  /** The one person who may use it. */
  readonly personId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** How often a browser has opened it. */
  readonly openings: number;
}

export type Link = LinkFacts &
  (
    | { readonly state: 'new' }
    /** `browser` is a keyed hash of its cookie, `code` the number that it shows. */
    | {
        readonly state: 'opened';
        readonly browser: string;
        readonly openedAt: Date;
        readonly code: string;
      }
    | { readonly state: 'confirmed'; readonly browser: string }
    | { readonly state: 'used' }
    | { readonly state: 'refused' }
  );

export type LinkIn<S extends Link['state']> = Extract<Link, { state: S }>;
