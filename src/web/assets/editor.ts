/** What the editor's pages do with a script. Each works without; this makes them answer as one types. */
import { followTry } from './follow-try.ts';
import { startEditor } from './manifest-editor.ts';

const form = document.querySelector<HTMLFormElement>('#editor');
if (form) startEditor(form);
if (document.querySelector('#try')) followTry();
