/** Fetches what stands at an address that came from outside; whoever hands one out guards where it may lead. Never throws. */
export type Download = (
  url: string,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
) => Promise<Downloaded>;

export type Downloaded =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** `message` says why, for the log; it holds no address, since addresses carry secrets. */
  | { readonly kind: 'failed'; readonly message: string };
