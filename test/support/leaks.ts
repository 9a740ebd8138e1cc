/** Looks for secrets in whatever was written down or shown. Shares nothing with the product's own redaction. */

/** Fewer stand among random ids and sealed bytes by chance. */
const MIN_SIGNS = 8;

/**
 * @returns `NAME as ENCODING in PLACE` for each secret that stands in a place, in whatever encoding
 * @throws where a secret is too short to be looked for
 */
export function leaks(
  secrets: Readonly<Record<string, string>>,
  places: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    Object.entries(encodingsOf(secret)).flatMap(([encoding, forms]) => {
      if (forms.some(({ length }) => length < MIN_SIGNS))
        throw new RangeError(`${name} is too short to be looked for as ${encoding}`);
      return Object.entries(places)
        .filter(([, text]) => forms.some((form) => text.includes(form)))
        .map(([place]) => `${name} as ${encoding} in ${place}`);
    }),
  );
}

/** Of a text in base64 the first and last signs also depend on what stands beside it. */
const SHARED_SIGNS = 4;

function encodingsOf(secret: string): Readonly<Record<string, readonly string[]>> {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const base64 = [0, 1, 2].map((before) =>
    Buffer.from(`${'.'.repeat(before)}${secret}`)
      .toString('base64')
      .slice(SHARED_SIGNS, -SHARED_SIGNS),
  );
  return {
    plain: [secret, Buffer.from(secret).toString('latin1')],
    JSON: [json, JSON.stringify(json).slice(1, -1)],
    'part of a URL': [url, url.replaceAll('%20', '+'), url.toLowerCase(), encodeURIComponent(url)],
    base64: base64.flatMap((core) => [
      core,
      core.replaceAll('+', '-').replaceAll('/', '_'),
      encodeURIComponent(core),
    ]),
    hex: [Buffer.from(secret).toString('hex')],
  };
}
