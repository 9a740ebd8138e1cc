/** HTML of the guide to manifests, by `marked`. HTML in a document appears literally. */
import { Marked, type Tokens } from 'marked';
import { escapeHtml } from '../escape-html.ts';

/** Of one document. @param linked the address that a link leads to; undefined: its text stands alone */
export function htmlOf(markdown: string, linked: (url: string) => string | undefined): string {
  const marked = new Marked({
    renderer: {
      html: ({ text }) => escapeHtml(text),
      code: ({ text }) => `<pre>${escapeHtml(text)}</pre>\n`,
      heading({ depth, tokens, text }) {
        const inline = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchorOf(text)}">${inline}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const said = this.parser.parseInline(tokens);
        const to = linked(href);
        return to === undefined ? said : `<a href="${escapeHtml(to)}">${said}</a>`;
      },
      // On a phone its rows are stacked, each cell below its column's name: roles say that it is a table all the same.
      table({ header, rows }) {
        const said = ({ tokens }: Tokens.TableCell) => this.parser.parseInline(tokens);
        const columns = header.map((cell) => `<th role="columnheader">${said(cell)}</th>`);
        const names = header.map(({ text }) => escapeHtml(text.replaceAll('`', '')));
        const cell = (each: Tokens.TableCell, at: number) =>
          `<td role="cell" data-column="${names[at] ?? ''}">${said(each)}</td>`;
        const body = rows.map((row) => `<tr role="row">${row.map(cell).join('')}</tr>`);
        return `<table class="stacked" role="table"><thead><tr role="row">${columns.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>\n`;
      },
    },
  });
  return marked.parse(markdown, { async: false });
}

/** As GitHub makes it, so that the links of the documents find it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
