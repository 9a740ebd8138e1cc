/** `npm start`. It imports nothing else at first, since an older Node can't even read the rest. */
import { requireNode } from './node-version.ts';

requireNode();
await import('./app/run.ts');
