/**
 * The documents of `docs/` as a site. Nothing is copied: VitePress reads them where they are, and fails at a link that leads nowhere.
 * A link to a file that isn't a page, such as the code, becomes its text, since the site has no such file.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = resolve(root, 'docs');
const here = resolve(root, 'docs-site/package.json');
/** A page becomes a module in `docs/`, which has no packages beside it. */
const packagesFromHere = {
  name: 'packages-from-here',
  enforce: 'pre',
  resolveId(source, importer, options) {
    if (!importer?.startsWith(docs) || !/^vue(\/|$)/.test(source)) return undefined;
    // The server's build loads Vue as it is, and the browser's takes it in.
    if (options.ssr) return { id: source, external: true };
    return this.resolve(source, here, { ...options, skipSelf: true });
  },
};
const HAS_SCHEME = /^[a-z]+:/i;

const page = (text, link) => ({ text, link });
const decisions = readdirSync(resolve(docs, 'decisions')).map((file) => {
  const name = file.replace(/\.md$/, '');
  return page(name.replaceAll('-', ' '), `/decisions/${name}`);
});

/** markdown-it's: a link that leads out of `docs/`, or to a folder, is drawn as its text. @throws where it leads nowhere */
function keepPages(markdown) {
  markdown.core.ruler.push('keep-pages', ({ tokens, env }) => {
    for (const { children } of tokens) {
      let left = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open') left = !leadsToPage(token.attrGet('href'), env.path);
        if (!left || !token.type.startsWith('link_')) continue;
        if (token.type === 'link_close') left = false;
        Object.assign(token, { type: 'text', content: '', nesting: 0 });
      }
    }
  });
}

/** Vue would fill in `{{email}}`; here it is what manifests say. */
function keepBraces({ renderer, utils }) {
  const literal = (text) => utils.escapeHtml(text).replaceAll('{{', '&#123;&#123;');
  renderer.rules.text = (tokens, index) => literal(tokens[index].content);
  renderer.rules.code_inline = (tokens, index) => `<code>${literal(tokens[index].content)}</code>`;
}

function leadsToPage(href, from) {
  const [path] = href.split('#');
  if (path === '' || HAS_SCHEME.test(path)) return true;
  const target = resolve(dirname(from), decodeURI(path));
  if (!existsSync(target)) throw new Error(`${relative(root, from)} links to ${path}, which is not there`);
  return target.startsWith(`${docs}/`) && target.endsWith('.md');
}

// oxlint-disable-next-line import/no-default-export -- VitePress reads its configuration from the default export.
export default defineConfig({
  title: 'Latchkey',
  description: 'A Slack and Microsoft Teams bot that gives people their accounts and removes them.',
  srcDir: '../docs',
  outDir: 'dist',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  vite: { plugins: [packagesFromHere] },
  markdown: {
    config(markdown) {
      keepPages(markdown);
      keepBraces(markdown);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: [
      {
        text: 'Begin',
        items: [
          page('All documents', '/'),
          page('Slack, end to end', '/slack'),
          page('Teams, end to end', '/teams'),
          page('Setting up, in pictures', '/setting-up'),
          page('Questions', '/faq'),
          page('Glossary', '/glossary'),
        ],
      },
      {
        text: 'Use',
        items: [
          page('Every word', '/commands'),
          page('Requests', '/requests'),
          page('Links in chat', '/links-in-chat'),
          page('Bundles', '/bundles'),
          page('For managers', '/managers'),
          page('For owners of an app', '/owners'),
          page('Ends and tasks', '/ends-and-tasks'),
          page('Cards', '/cards'),
          page('Languages', '/languages'),
        ],
      },
      {
        text: 'Manage',
        items: [
          page('Integrations', '/integrations'),
          page('People', '/people'),
          page('Who is who in chat', '/chat-users'),
          page('Leaving, and what is kept', '/leaving-and-data'),
          page('Imports', '/imports'),
          page('Sequences', '/sequences'),
          page('Rules', '/rules'),
          page('Starting, moving, leaving', '/moves'),
          page('Findings', '/findings'),
          page('Access reviews', '/reviews'),
          page('The overview', '/overview'),
          page('API tokens', '/api-tokens'),
          page('The API', '/api'),
          page('Assistants, over MCP', '/mcp'),
          page('Evidence', '/evidence'),
          page('Messages and events', '/messages-and-events'),
          page('Events to other systems', '/event-endpoints'),
          page('Runs', '/runs'),
          page('Troubleshooting', '/troubleshooting'),
        ],
      },
      {
        text: 'Manifests',
        items: [
          page('Write a manifest', '/manifest/guide'),
          page('Reference', '/manifest/reference'),
          page('Recipes', '/manifest/recipes'),
        ],
      },
      {
        text: 'Operate',
        items: [
          page('Install', '/install'),
          page('Several processes', '/install-several'),
          page('What was tried', '/install-tried'),
          page('Configuration', '/configuration'),
          page('Configuration as files', '/configuration-files'),
          page('Is everything all right?', '/doctor'),
          page('Keys and retention', '/keys-and-retention'),
          page('Operations', '/operations'),
          page('Backup', '/backup'),
          page('Upgrading', '/upgrading'),
          page('Security', '/security'),
          page('Performance', '/performance'),
        ],
      },
      {
        text: 'Contribute',
        items: [
          page('Contributing', '/contributing'),
          page('Add a feature', '/guides/add-a-feature'),
          page('Add a notification', '/guides/add-a-notification'),
          page('Add an event', '/guides/add-an-event'),
          page('Add a driver', '/guides/add-a-driver'),
          page('Guidelines', '/guidelines'),
        ],
      },
      { text: 'Decisions', collapsed: true, items: decisions },
    ],
  },
});
