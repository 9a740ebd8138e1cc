/** Imports of TypeScript work in this process from now on, of vitest or of one of its workers. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
