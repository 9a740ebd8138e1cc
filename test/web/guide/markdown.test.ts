/** What the documents of the guide use, and that nothing in them becomes HTML by itself. */
import { expect, test } from 'vitest';
import { htmlOf } from '../../../src/web/guide/markdown.ts';

const html = (...lines: string[]) =>
  htmlOf(lines.join('\n'), (url) => (url.startsWith('../') ? undefined : `/guide/${url}`));

test('a heading has the anchor that links of the documents name', () => {
  expect(html("### Facts that aren't known")).toBe(
    `<h3 id="facts-that-arent-known">Facts that aren't known</h3>`,
  );
  expect(html('## Grant: `execute`')).toBe(
    '<h2 id="grant-execute">Grant: <code>execute</code></h2>',
  );
});

test('lines next to each other are one paragraph', () => {
  expect(html('One', 'two.', '', 'Three.')).toBe('<p>One two.</p>\n<p>Three.</p>');
});

test('bold, emphasis and code stand in it, and code keeps its marks', () => {
  expect(html('**Only `a*b`**, *one*, `**c**`')).toBe(
    '<p><strong>Only <code>a*b</code></strong>, <em>one</em>, <code>**c**</code></p>',
  );
});

test('a link leads on, also from code, and where it leads nowhere its text stands alone', () => {
  expect(html('[`data_from`](#a), [one](x.md), [two](../y.md)')).toBe(
    '<p><a href="/guide/#a"><code>data_from</code></a>, <a href="/guide/x.md">one</a>, two</p>',
  );
});

test('code is literal, line by line', () => {
  expect(html('```json title=a', '{ "a": "<b>" }', '', '# no heading', '```')).toBe(
    '<pre>{ &quot;a&quot;: &quot;&lt;b&gt;&quot; }\n\n# no heading</pre>',
  );
});

test('an item of a list goes on in an indented line', () => {
  expect(html('- one', '  more', '- two')).toBe('<ul><li>one more</li><li>two</li></ul>');
  expect(html('1. one', '2. two')).toBe('<ol><li>one</li><li>two</li></ol>');
});

test('a table has a head, which each cell names, and a mark in a cell that is none of its borders', () => {
  const table = html('| key | meaning |', '|---|---|', '| `a` | b \\| c |');
  expect(table).toContain('<th role="columnheader">key</th><th role="columnheader">meaning</th>');
  expect(table).toContain(
    '<td role="cell" data-column="key"><code>a</code></td><td role="cell" data-column="meaning">b | c</td>',
  );
});
