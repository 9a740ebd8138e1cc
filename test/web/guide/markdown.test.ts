/** What the guide draws in its own way, and that nothing in it becomes HTML by itself. */
import { expect, test } from 'vitest';
import { htmlOf } from '../../../src/web/guide/markdown.ts';

const html = (...lines: string[]) =>
  htmlOf(lines.join('\n'), (url) => (url.startsWith('../') ? undefined : `/guide/${url}`));

test('a heading has the anchor that links of the documents name', () => {
  expect(html("### Facts that aren't known")).toContain('<h3 id="facts-that-arent-known">');
  expect(html('## Grant: `execute`')).toContain(
    '<h2 id="grant-execute">Grant: <code>execute</code></h2>',
  );
});

test('a link leads on, also from code, and where it leads nowhere its text stands alone', () => {
  expect(html('[`data_from`](#a), [one](x.md), [two](../y.md)').trim()).toBe(
    '<p><a href="/guide/#a"><code>data_from</code></a>, <a href="/guide/x.md">one</a>, two</p>',
  );
});

test('code and HTML are literal', () => {
  expect(html('```json title=a', '{ "a": "<b>" }', '```').trim()).toBe(
    '<pre>{ &#34;a&#34;: &#34;&#60;b&#62;&#34; }</pre>',
  );
  expect(html('One <b>two</b>', '', '<script>alert(1)</script>')).not.toMatch(/<(?!\/?p>)/);
});

test('a table has a head, which each cell names, and a mark in a cell that is none of its borders', () => {
  const table = html('| `key` | meaning |', '|---|---|', '| `a` | b \\| c |');
  expect(table).toContain(
    '<th role="columnheader"><code>key</code></th><th role="columnheader">meaning</th>',
  );
  expect(table).toContain(
    '<td role="cell" data-column="key"><code>a</code></td><td role="cell" data-column="meaning">b | c</td>',
  );
});
