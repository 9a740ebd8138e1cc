/** `integration add`: the ways to add one, or directly the one that was typed or sent with the command. */
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import { type PressReply, type Reply, sayToPerson } from '../../view/action.ts';
import { buttonRow, type Card, code, paragraph, rich, strong } from '../../view/card.ts';
import { type CommandText, plainText, type Word } from '../../view/command.ts';
import { asAdmin, refuse, refuseFile } from '../admins.ts';
import { addByHand } from './add-by-hand.ts';
import { addFromFile, addFromMessage, addOnPage, whatIsWanted } from './add-integration.ts';
import { openCatalogue, sayCatalogue } from './catalogue-list.ts';
import { MANIFEST_BYTES } from './manifest-drafts.ts';

export async function sayWaysToAdd(turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(whatIsWanted, turn);
  return refused ? refuse(refused) : sayToPerson(ways((await turn.catalogue()).length));
}

/** @param args the text after `integration add`, including a file */
export async function addIntegration(args: CommandText, turn: Turn): Promise<PressReply> {
  const { refused } = await asAdmin(whatIsWanted, turn);
  if (refused) return refuse(refused);
  const [file, another] = args.filter(isFile);
  const typed = plainText(args.filter((word) => !isFile(word)));
  if (another)
    return refuseFile(
      t`One file at a time, please`,
      t`Nothing was added. Send each manifest in its own message.`,
      addFromFile.with({}),
    );
  if (file) return fromFile(file, typed, turn);
  return typed === '' ? sayWaysToAdd(turn) : sayCatalogue(typed, turn);
}

type FileWord = Extract<Word, { kind: 'file' }>;
const isFile = (word: Word): word is FileWord => typeof word === 'object' && word.kind === 'file';

async function fromFile(file: FileWord, typed: string, turn: Turn): Promise<Reply> {
  const manifest = await file.text(MANIFEST_BYTES);
  if (typeof manifest !== 'string')
    return refuseFile(
      t`Latchkey couldn't read ${file.name}`,
      manifest.refused,
      addFromFile.with({}),
    );
  const name = typed || file.name.replace(/\.json$/i, '');
  return addFromMessage({ name, manifest }, turn);
}

const ways = (readyMade: number): Card => ({
  title: t`Add an integration`,
  blocks: [
    paragraph([
      strong(t`Ready-made.`),
      ' ',
      t`${readyMade} apps are already described; you only enter your own values.`,
    ]),
    ...buttonRow([
      { label: t`Choose a ready-made one`, tone: 'primary', does: openCatalogue.with({}) },
    ]),
    paragraph(
      rich`${strong(t`From a file.`)} You have the manifest as a JSON file. You can also send the file here with the words ${code('integration add')} and a name.`,
    ),
    ...buttonRow([{ label: t`Upload a manifest…`, does: addFromFile.with({}) }]),
    paragraph([
      strong(t`In your browser.`),
      ' ',
      t`You write the manifest there, with completion, a preview and test runs.`,
    ]),
    ...buttonRow([{ label: t`Write one…`, does: addOnPage.with({}) }]),
    paragraph([
      strong(t`By hand.`),
      ' ',
      t`Only a person can do it (a key, a laptop). Granting and revoking create tasks.`,
    ]),
    ...buttonRow([{ label: t`Add a manual one…`, does: addByHand.with({}) }]),
  ],
});
