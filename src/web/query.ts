/** The query of a request. Its address may be none that `URL` reads, as in `GET http://a:99999/readyz`. */
export function queryIn({ originalUrl }: { readonly originalUrl: string }): URLSearchParams {
  const [, ...query] = originalUrl.split('?');
  return new URLSearchParams(query.join('?'));
}
