/**
 * Texts that are small to send and large to work on, or just large: each once took minutes, all memory or the stack somewhere. Every
 * door that takes manifests, files or answers is shown them.
 */

/** What a door is shown. A function, since nobody wants them all in memory at once. */
export interface Large {
  readonly name: string;
  readonly text: () => string;
}

const manifest = (name: string, more: () => object): Large => ({
  name,
  text: () => JSON.stringify({ execute: [{ url: 'https://a.example.com/' }], ...more() }),
});
const url = (name: string, of: () => string): Large =>
  manifest(name, () => ({ execute: [{ url: of() }] }));
const data = (name: string, of: () => unknown): Large =>
  manifest(name, () => ({ execute: [{ url: 'https://a.example.com/', data: of() }] }));

const each = <T>(length: number, make: (n: number) => T): readonly T[] =>
  Array.from({ length }, (_, n) => make(n));
const keyed = (length: number, prefix: string): object =>
  Object.fromEntries(each(length, (n) => [`${prefix}${n}`, 1]));

export const largeManifests: readonly Large[] = [
  { name: '20,000 [', text: () => '['.repeat(20_000) },
  { name: '20,000 [ in a value', text: () => `{"execute": ${'['.repeat(20_000)}` },
  { name: '3 million [', text: () => '['.repeat(3_000_000) },
  { name: '80,000 [],', text: () => `[${'[],'.repeat(80_000)}[]]` },
  { name: 'a list in a list, 59 deep, of 30,000 numbers', text: () => deepAndWide() },
  { name: '250,000 line breaks', text: () => `${'\n'.repeat(250_000)}x` },
  { name: "a text that isn't closed", text: () => `{"a": "${'\\n'.repeat(120_000)}` },
  { name: 'a number of 200,000 digits', text: () => `{"execute": ${'9'.repeat(200_000)}}` },
  url('an address of 200,000 :', () => `https://${':'.repeat(200_000)}`),
  url('an address of 60,000 :', () => `https://${':'.repeat(60_000)}`),
  url('an address of 30,000 a:', () => `https://${'a:'.repeat(30_000)}`),
  url('an address of 60,000 @', () => `http://${'@'.repeat(60_000)}`),
  url('an address of 12,000 ?key=', () => `https://a/${'?key='.repeat(12_000)}`),
  manifest('a key of 100,000 signs', () => ({ ['k'.repeat(100_000)]: 1 })),
  data('a key of 100,000 signs in data', () => ({ ['k'.repeat(100_000)]: 1 })),
  manifest('15,000 unknown keys', () => keyed(15_000, 'key')),
  manifest('15,000 unknown keys of a request', () => ({
    execute: [{ url: 'https://a', ...keyed(15_000, 'ur') }],
  })),
  data('32,000 {%', () => '{%'.repeat(32_000)),
  data('32,000 {{', () => '{{'.repeat(32_000)),
  data('12,000 {{a}}', () => '{{a}}'.repeat(12_000)),
  data('10,000 {{#a}}', () => '{{#a}}'.repeat(10_000)),
  data('10,000 {{/a}}', () => '{{/a}}'.repeat(10_000)),
  data('20,000 {{!', () => '{{!'.repeat(20_000)),
  data('60,000 blanks in a tag', () => `{{a${' '.repeat(60_000)}b}}`),
  data('a name of 30,000 dots', () => `{{${'a.'.repeat(30_000)}}}`),
  data('16,000 "eyJ', () => '"eyJ'.repeat(16_000)),
  data('16,000 -eyJ', () => '-eyJ'.repeat(16_000)),
  data('4,000 tokens without an end', () => '-eyJaaaaaaaaaaa'.repeat(4000)),
  data('3,000 other tokens without an end', () => '-SG.aaaaaaaaaaaaaaaa'.repeat(3000)),
  data('10,000 texts, each with a variable', () => each(10_000, (n) => `{{a${n}}}`)),
  manifest('8,000 requests', () => ({ execute: each(8000, (n) => ({ url: `https://a/${n}` })) })),
  manifest('100,000 requests that are none', () => ({ execute: each(100_000, () => 1) })),
  manifest('500 fields, all alike', () => ({ form: each(500, () => ({ id: 'a' })) })),
  manifest('10,000 fields', () => ({ form: each(10_000, (n) => ({ id: `a${n}` })) })),
  manifest('30,000 options that are none', () => ({
    form: [{ id: 'a', name: 'A', type: 'choice', items: each(30_000, () => 1) }],
  })),
  manifest('8,000 options', () => ({
    form: [{ id: 'a', name: 'A', type: 'choice', items: each(8000, (n) => ({ id: n, name: n })) }],
  })),
  manifest('a schedule of 30,000 minutes', () => ({
    action: 'create',
    data_structure: { email: 'e' },
    schedule: `${'*/1,'.repeat(30_000)}0 * * * *`,
  })),
  manifest('10,000 names to store', () => ({
    execute: [
      { url: 'https://a', store_data: Object.fromEntries(each(10_000, (n) => [`k${n}`, 'a'])) },
    ],
  })),
];

function deepAndWide(): string {
  return `{"a": ${'['.repeat(58)}${'1,'.repeat(30_000)}1${']'.repeat(58)}}`;
}

/** Answers to the request that reads people, none of which is a page of them. */
export const largePages: readonly Large[] = [
  { name: '60 MB of another shape', text: () => `{"error":"${'x'.repeat(60_000_000)}"}` },
  { name: '15 MB of another shape', text: () => `{"error":"${'x'.repeat(15_000_000)}"}` },
  { name: '15 MB of no JSON', text: () => '<p>\n'.repeat(3_750_000) },
  { name: '2 MB of a million rows that are none', text: () => users('1,'.repeat(1_000_000)) },
  { name: '15 MB of empty lists', text: () => users('[],'.repeat(5_000_000)) },
  { name: '15 MB of objects in objects', text: () => users('{"a":{}},'.repeat(1_600_000)) },
  { name: 'a number of 10 million digits', text: () => users(`${'9'.repeat(10_000_000)},`) },
  { name: '10 MB of [', text: () => '['.repeat(10_000_000) },
  { name: '10 MB of "eyJ', text: () => '"eyJ'.repeat(2_500_000) },
  { name: '10 MB of &#x2b;', text: () => '&#x2b;'.repeat(1_600_000) },
];

/** @param rows each with a comma behind it */
const users = (rows: string): string => `{"users":[${rows}1]}`;

/** Files of people. */
export const largeFiles: readonly Large[] = [
  { name: '5 MB of commas', text: () => ','.repeat(5_000_000) },
  { name: '5 MB of columns', text: () => 'a,'.repeat(2_500_000) },
  { name: '2.5 million short rows', text: () => `email\n${'a\n'.repeat(2_500_000)}` },
  { name: "a quote that isn't closed", text: () => `email\n"${'a,'.repeat(2_500_000)}` },
  { name: '2.5 million quotes', text: () => `email\n${'"a'.repeat(2_500_000)}` },
];
