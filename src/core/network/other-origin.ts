/**
 * The headers that a request may take to another origin, when a redirect or a next page leads there. A stranger may run that
 * origin. It is a list of allowed headers, because a header of any name can hold a secret.
 */
type Headers = Readonly<Record<string, string>>;

/** These say nothing about the sender. */
const HEADERS_FOR_OTHER_ORIGINS: ReadonlySet<string> = new Set(['accept', 'content-type']);

/** @param headers by names in lower case */
export const headersForOtherOrigin = (headers: Headers): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => HEADERS_FOR_OTHER_ORIGINS.has(name)),
  );
