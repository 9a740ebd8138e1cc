/** The documents as they are in the package, where not everything is that they link to. */
import { posix } from 'node:path';

const LINK =
  /(?<picture>!?)\[(?<text>(?:!\[[^\]]*\]\([^)]*\)|[^\]])*)\]\((?<to>[^)\s]+)\)|(?<code>`[^`\n]*`)/g;

/**
 * Leaves only the text of a link to what isn't packed, and nothing of such a picture.
 * @param file the document's own path, and `packed` all that are packed, from the package's folder
 */
export function withoutDeadLinks(markdown, { file, packed }) {
  const isPacked = (to) =>
    /^([a-z]+:|#)/.test(to) || packed.has(posix.join(posix.dirname(file), to.replace(/#.*$/, '')));
  const alive = (text) =>
    text.replaceAll(LINK, (whole, ...rest) => {
      const { picture, text: shown, to, code } = rest.at(-1);
      if (code || isPacked(to)) return whole;
      return picture ? '' : alive(shown);
    });
  // Blocks of lines without an empty one between them, of which each is a table, a list or a paragraph.
  const blocks = markdown.split(/\n{2,}/).map((block) => {
    const lines = alive(block).split('\n');
    const left = lines.filter((line) => !/^\|(\s*\|)+$/.test(line) && line.trim() !== '');
    const wasTable = left.length < lines.length && left.every((line) => line.startsWith('|'));
    return wasTable && left.length <= HEAD ? '' : left.join('\n');
  });
  return `${blocks.filter(Boolean).join('\n\n').trim()}\n`;
}

/** Lines of a table above its rows. */
const HEAD = 2;
