/**
 * What of a request goes along to another origin than the one that it was made for: a redirect or a next page leads there,
 * and whoever runs it is a stranger. The list names what may go, since a secret can be in a header of any name.
 */
type Headers = Readonly<Record<string, string>>;

/** They say nothing about who sends. */
const HEADERS_FOR_OTHER_ORIGINS: ReadonlySet<string> = new Set(['accept', 'content-type']);

/** @param headers by names in lower case */
export const headersForOtherOrigin = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => HEADERS_FOR_OTHER_ORIGINS.has(name)),
  );
