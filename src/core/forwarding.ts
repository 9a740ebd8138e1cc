/** Headers that proxies add. The client of a request with one of these is not the peer of its socket. */
const FORWARDING_HEADER =
  /^(forwarded|via|x-forwarded(-.+)?|x-original-.+|x-real-ip|x-client-ip|cf-connecting-ip|true-client-ip)$/;

/** Whether a request came through a proxy that says so. @param headers by name in lower case, as Node gives them */
export const isForwarded = (headers: Readonly<Record<string, unknown>>): boolean =>
  Object.keys(headers).some((name) => FORWARDING_HEADER.test(name));
