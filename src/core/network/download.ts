/** Downloads from an address that came from outside. The code that provides this function checks the address. Never throws. */
export type Download = (
  url: string,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
) => Promise<Downloaded>;

export type Downloaded =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  /** `message` says why, for the log. It holds no address, because addresses carry secrets. */
  | { readonly kind: 'failed'; readonly message: string };
