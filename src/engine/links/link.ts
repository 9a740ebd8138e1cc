/** What a link may be for. */
export type LinkPurpose =
  /** Reveal a message once. */
  | 'delivery'
  /** The same, of a message that an email led to: its person confirms that it was them. */
  | 'emailed'
  /** Type an integration's secrets. */
  | 'secrets'
  /** Write a manifest; the subject is an integration's id, or a draft's for a new one. */
  | 'manifest'
  /** Connect an integration by OAuth2. */
  | 'connect'
  /** Take a file out; the subject is JSON, as `exports.ts` has it. */
  | 'export'
  /** Reveal the secret of a hook once. */
  | 'hook';

/** Those that show something once; the others open a page. */
export type RevealPurpose = 'delivery' | 'emailed' | 'hook';

export interface LinkFacts {
  readonly id: string;
  readonly version: number;
  readonly purpose: LinkPurpose;
  /** What it is about: an id, as the purpose has it. */
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
    /** `browser` is a keyed hash of its cookie; `code` the number that it shows. */
    | {
        readonly state: 'opened';
        readonly browser: string;
        readonly openedAt: Date;
        readonly code: string;
      }
    | { readonly state: 'confirmed'; readonly browser: string }
    | { readonly state: 'used' }
    /** Somebody pressed another number, or said that they opened nothing. */
    | { readonly state: 'refused' }
  );

export type LinkIn<S extends Link['state']> = Extract<Link, { state: S }>;
