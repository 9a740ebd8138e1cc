/**
 * Whole sentences that mean a word: "I'm on vacation next week" is `away`. They name no app that is looked up, so they come after the
 * sentences that do. Sources of regular expressions for a folded text without apostrophes; `(?<name>…)` goes on as typed.
 */
import { fold } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import type { Turn } from '../../live/context.ts';
import { sayToPerson } from '../../view/action.ts';
import type { Phrase } from '../../view/bot-deps.ts';
import { type Button, withButtons } from '../../view/card.ts';
import {
  type Command,
  type CommandText,
  commandOf,
  hasSecret,
  type Word,
  words,
} from '../../view/command.ts';
import { noteToAsk, onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';

/** Longer than any of them. */
const MAX_PHRASE = 100;

const HOW =
  '(?:(?:how (?:do|can|to)|(?:can|could) (?:you|i|we)|(?:i|we) (?:want|need) to|id like to) ?(?:i |we )?)?';
const NEWCOMER =
  '(?:hire|person|people|user|employee|colleague|starter|joiner|intern|team member|coworker|someone)';
const NAME =
  '(?<name>(?!(?:me|us|my|it|a|an|the|to)(?!\\S))\\S+(?: (?!(?:to|for|from)(?!\\S))\\S+){0,3}?)';
/** Before a name: people, rules and what is one's own are no app. */
const NO_LIST =
  '(?!(?:die |alle )?(?:kann|personen|leute|mitarbeiter|regeln|aufgaben|zugriffe|meine?[nr]?)(?!\\S))';
const WHEN =
  '(?: (?:today|tomorrow))?(?: (?:from|until|till|next|this|for|in|between|starting|on|to) .+)?';
const WANN = '(?:(?: (?:heute|morgen))?(?: (?:ab|bis|vom|von|nachste|diese|fur|im|am) .+?)?)';

const making = (thing: string, ding: string): readonly string[] => [
  `${HOW}(?:add|create|make|set up) (?:an? |another )?(?:new )?${thing}`,
  `(?:wie kann ich )?(?:eine? )?(?:neue[ns]? )?${ding} (?:anlegen|erstellen|hinzufugen)`,
];

/** What each means as a command, the more special ones first. */
const PHRASES: readonly (readonly [means: string, ...phrases: string[]])[] = [
  [
    'help',
    'i need (?:some )?help',
    'how does (?:this|it|that) work',
    'what can i (?:do|say|type|write|ask)(?: you)?(?: here)?',
    'i (?:dont|do not) (?:understand|get it)',
    'ich brauche hilfe',
    'wie (?:funktioniert|geht) (?:das|dies|es)(?: hier)?',
    'was kann ich (?:hier |dich |sie )?(?:tun|machen|schreiben|fragen)',
    'ich verstehe (?:das|es) nicht',
  ],
  [
    'home',
    '(?:is there )?anything (?:for me|new|waiting)(?: for me)?',
    'what(?:s| is) (?:new|open|waiting)(?: for me)?',
    '(?:what(?:s| is| has|) (?:failed|broken|wrong|failing)|(?:is )?anything (?:broken|wrong|failing))',
    '(?:any |are there (?:any )?)?(?:errors|problems|failures)',
    'was (?:liegt|steht) (?:heute )?an',
    'gibt es (?:et)?was(?: neues)?(?: fur mich)?',
    'was ist (?:kaputt|fehlgeschlagen|schiefgegangen|schief gegangen|neu|offen)',
    '(?:gibt es )?(?:fehler|probleme)',
  ],
  [
    'requests approve',
    'what (?:do|must|should|can) i (?:have to |need to )?approve',
    'what(?:s| is|) (?:needs|(?:still )?waiting for|waits for|pending for) (?:my approval|me to approve)',
    '(?:is |are )?(?:there )?(?:anything|something|any requests?)(?: for me)?(?: waiting)?(?: for me)? to approve',
    '(?:do|does) (?:anything|something|any requests?) need my approval',
    'approve (?:all|everything|(?:my |the )?requests?)',
    '(?:(?:show )?my |open |pending )?approvals',
    'was (?:muss|soll|kann) ich (?:noch )?genehmigen',
    'was (?:wartet|liegt|ist)(?: noch)? (?:auf meine|zur|bei mir zur) genehmigung(?: (?:vor|offen))?',
    '(?:gibt es|habe ich)(?: noch)? (?:et)?was(?: fur mich)? zu genehmigen',
    '(?:gibt es|warten)(?: noch)? (?:offene )?anfragen (?:auf meine genehmigung|zu genehmigen|zum genehmigen)',
    'all(?:es|e) genehmigen',
    '(?:meine |offene )?genehmigungen',
  ],
  ['requests', '(?:(?:show )?my |open |pending )?requests', '(?:meine |offene )?anfragen'],
  [
    'tasks',
    '(?:(?:show )?my |open )?(?:to ?dos?|to ?do list|tasks)',
    'what (?:do i|must i|should i)(?: have to| need to)? do',
    '(?:meine |offene )?(?:to ?dos?|aufgaben)',
    'was (?:muss|soll) ich (?:tun|machen|erledigen)',
  ],
  [
    'away',
    `(?:i am|im|ill be|i will be|im going to be) (?:away|off|ooo|out(?: of (?:the )?office)?|on (?:holidays?|vacation|leave|pto|parental leave|sick leave)|sick|ill)${WHEN}`,
    `i (?:have|take|am taking|go on|am going on) (?:a )?(?:holidays?|vacation|leave)${WHEN}`,
    `im (?:taking|going on) (?:a )?(?:holidays?|vacation|leave)${WHEN}`,
    `${HOW}(?:set|add|name|choose|change|remove) (?:up )?(?:a|my|the|another) (?:delegate|deputy|substitute)`,
    '(?:set|make) .+ (?:as )?my (?:delegate|deputy|substitute)',
    'who (?:can |will )?approves?(?: for me| my requests)? (?:while|when) (?:i am|im) (?:away|out|off|on .+)',
    '(?:my )?(?:delegate|deputy|vacation|out of office|ooo)',
    `ich bin${WANN} (?:weg|abwesend|im urlaub|auf urlaub|nicht da|krank|unterwegs|ausser haus)${WANN}`,
    `ich habe${WANN} (?:urlaub|frei)${WANN}`,
    '(?:eine |meine )?(?:vertretung|stellvertretung|urlaub)(?: (?:festlegen|andern|einrichten))?',
    'wer (?:genehmigt|vertritt)(?: fur)? mich(?: .+)?',
  ],
  [
    'hire',
    `${HOW}(?:add|create|hire|onboard|register|set up) (?:a |an |someone |another )?(?:new )?${NEWCOMER}(?: (?:named|called|for) ${NAME})?`,
    `${HOW}(?:onboard|hire) ${NAME}`,
    `(?:(?:i|we) (?:have|get|are getting) )?an? (?:new ${NEWCOMER}|new)(?: (?:who )?(?:is )?(?:starts?|starting|joins?|joining|coming)(?: .+)?)?`,
    `new ${NEWCOMER}(?: (?:is )?(?:starts?|starting|joins?|joining)(?: .+)?)?`,
    `(?:(?:wir|ich) (?:haben|habe|bekommen|bekomme) )?(?:eine[nr]? )?(?:neue[nrs]? )(?:kolleg(?:e|in|en)|mitarbeit(?:er|erin|ende|enden)|person|leute|praktikant(?:in|en)?)(?: (?:anlegen|hinzufugen|einstellen|.*(?:anfangt|beginnt)))?`,
    '(?:wie (?:lege|kann) ich )?(?:eine? )?(?:person|mitarbeit(?:er|erin|ende)|jemanden?) (?:an|anlegen|hinzufugen|einstellen)',
  ],
  [
    'import',
    `${HOW}import (?:(?:new |all |my |our )?(?:people|users|employees|staff|colleagues)|an? (?:csv|file|list)(?: of (?:people|users|employees))?|csv)(?: from .+)?`,
    '(?:wie importiere ich|wie kann ich)? ?(?:personen|mitarbeiter|mitarbeitende|leute|eine (?:csv(?:-datei)?|datei|liste))(?: aus .+?)?(?: importieren)',
    'wie importiere ich (?:personen|mitarbeiter|mitarbeitende|leute)(?: aus .+)?',
  ],
  ['rules', ...making('rule', 'regel')],
  ['sequences', ...making('sequence', 'sequenz')],
  ['bundles', ...making('bundle', 'paket')],
  [
    'integration add',
    `${HOW}(?:add|connect|integrate|set up|create) (?:an? |another )?(?:new )?(?:app|application|integration|tool|system)`,
    `${HOW}(?:add|connect|integrate|set up) ${NAME}`,
    '(?:wie (?:fuge|kann) ich )?(?:eine? )?(?:neue )?(?:app|integration|anwendung) (?:hinzufugen|anlegen|verbinden|hinzu)',
    '(?:wie (?:kann|fuge) ich )?(?<name>\\S+) (?:verbinden|anbinden|hinzufugen|hinzu)',
  ],
  [
    'request',
    `${HOW}(?:add|connect|set up) ${NAME}`,
    '(?:(?:can|could) i (?:have|get) |i (?:need|want|would like) |(?:give|get) me )?(?:the )?same(?: access| apps| tools)? (?:as|like|that) .+',
    '(?:i (?:start|started|begin) .+ )?what (?:do|will) i (?:need|get)(?: .+)?',
    '(?:ich (?:brauche|hatte gerne?|mochte) )?(?:das ?selbe|das gleiche|die ?selben? .+|die gleichen .+) wie .+',
    'wie (?:fuge ich|kann ich) \\S+ (?:hinzu|hinzufugen)',
  ],
  [
    'people',
    `${HOW}make (?:someone|somebody|a person|another person) (?:an? )?(?:admin|manager|auditor)`,
    `${HOW}make ${NAME} (?:an? )?(?:admin|auditor|helpdesk)`,
    `${HOW}(?:change|set|update|edit) the (?:manager|name|department|position|phone|phone number|email|role|start date|first day|buddy) (?:of|for) ${NAME}`,
    `${NAME} (?:has|got|gets) an? new (?:manager|name|department|position|phone|phone number|email|email address|role|team|buddy|boss)`,
    `${NAME} (?:has |is )?(?:moved|moving|moves|changed|changes|changing|switched) (?:to )?(?:(?:an?|the|her|his|their)(?:other)? )?(?:new )?(?:team|department|position|role|manager|name)s?`,
    'wie mache ich (?:jemanden|eine person) zum? admin',
    `${NAME} zum? admin machen`,
    `${NAME} (?:hat|bekommt) eine?n? neue[nrs]? (?:vorgesetzte[nr]?|namen|abteilung|position|nummer|adresse|rolle|team|chef|chefin)`,
  ],
  ['offboard', `${HOW}(?:offboard|terminate) ${NAME}`],
  [
    'audit',
    '(?:show(?: me)? )?(?:the )?audit (?:log|trail|entries)',
    'who did what',
    '(?:zeige? (?:mir )?)?(?:das )?(?:prufprotokoll|audit(?:-| )?log)',
    'wer hat was (?:gemacht|getan)',
  ],
  [
    'overview',
    'who (?:has|can)(?: access| access to| have)? what(?: and why)?',
    '(?:(?:show|get|give)(?: me)? )?(?:an? |the )?(?:access )?(?:report|overview)s?',
    'export (?:everything|all(?: access)?)',
    'wer (?:hat|darf) (?:was|worauf(?: zugriff)?)',
    '(?:zugriffs)?berichte?',
  ],
  [
    'review',
    `${HOW}(?:start|begin|open|run|create|plan|do) (?:an? |the )?(?:new )?(?:access )?review`,
    '(?:wie starte ich )?(?:eine )?(?:neue )?(?:zugriffs)?prufung(?: starten)?',
  ],
  [
    'integrations',
    `${HOW}(?:turn (?:on|off)|switch (?:on|off)|disable|enable|delete|manage|configure|edit|reconnect|settings (?:of|for)) (?:the )?${NAME}`,
    `(?:the )?${NAME} (?:password|secret|token|key|connection) (?:has )?(?:changed|expired)`,
    `${NAME} (?:ein|aus|ab)schalten`,
    `(?:wie kann ich )?${NO_LIST}${NAME} (?:verwalten|konfigurieren)`,
    `(?:verwalte|konfiguriere) ${NO_LIST}${NAME}`,
  ],
  [
    'language',
    `${HOW}(?:change|set|switch) (?:my |the )?language(?: to (?<name>\\S+))?`,
    '(?:(?:speak|switch to|in|answer in) )?(?<name>english|german|deutsch|englisch)',
    '(?:sprich|rede|antworte)(?: auf)? (?<name>deutsch|englisch)',
    '(?:meine |die )?sprache (?:andern|wechseln|umstellen)',
    'do you speak (?<name>\\S+)',
    'sprichst du (?<name>\\S+)',
  ],
];

const compiled = PHRASES.map(([means, ...phrases]) => ({
  means: words(means),
  forms: phrases.map((source) => new RegExp(`^${source}$`, 'd')),
}));

/** What the text may mean, as commands. None where it is longer than a phrase, or has a file or what may be a secret. */
function allSaid(text: CommandText): readonly CommandText[] {
  if (text.some(isFile) || hasSecret(text)) return [];
  const kept = withoutFillers(text.flatMap(keptOf));
  const said = kept.map(({ plain }) => plain).join(' ');
  if (said.length > MAX_PHRASE) return [];
  return compiled.flatMap(({ means, forms }): readonly CommandText[] => {
    const found = forms.map((form) => form.exec(said)).find((each) => each !== null);
    if (!found) return [];
    const at = found.indices?.groups?.['name'];
    if (!at) return [means];
    const from = countOf(said.slice(0, at[0]));
    // "hire J. Mal" is that command: its name keeps each word and mark.
    if (from === 1 && beginsWith(text, means[0])) return [[...means, ...text.slice(1)]];
    const name = kept.slice(from, from + countOf(said.slice(...at)));
    return [[...means, ...name.map(({ word }) => word)]];
  });
}

const beginsWith = ([first]: CommandText, word: Word | undefined): boolean =>
  typeof first === 'string' && fold(first) === word;

/**
 * The command that a whole sentence means to this person. Where it is one that they may not use, they read who may: a sentence is no
 * refused attempt. What begins with the word of that command is one, which the command refuses.
 */
export async function readPhrase(
  text: CommandText,
  turn: Turn,
  usable: () => Promise<readonly Command<Turn>[]>,
): Promise<Phrase | undefined> {
  const said = allSaid(text);
  const [first] = said;
  if (!first) return undefined;
  const may = await usable();
  const [word] = first;
  const command = said.find((each) => commandOf(each, may));
  if (command) return { kind: 'command', command };
  if (beginsWith(text, word)) return { kind: 'command', command: first };
  const card =
    word === 'audit' || word === 'overview'
      ? await onlyReadersCan(t`You can't see this`, turn)
      : await noteToAsk(t`You can't do this yourself`, t`Only Latchkey admins can.`, turn);
  return { kind: 'answer', reply: sayToPerson(withButtons(card, ...insteadOf(word))) };
}

/** Who writes about an app that admins set up may need it. */
const insteadOf = (word: Word | undefined): readonly Button[] =>
  word === 'integrations' || word === 'integration'
    ? [wordButton(t`Request access…`, 'request')]
    : [];

interface Kept {
  /** Without the marks around it. */
  readonly word: Word;
  readonly plain: string;
}

const FILLER = /^(?:please|pls|plz|bitte|hi|hello|hey|hallo|just|mal|now|jetzt)$/;
const AROUND = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

const isFile = (word: Word): boolean => typeof word !== 'string' && word.kind === 'file';

function keptOf(word: Word): readonly Kept[] {
  if (typeof word !== 'string') return [{ word, plain: '@' }];
  return words(word).flatMap((typed) => {
    const bare = typed.replaceAll(AROUND, '');
    const plain = fold(bare).replaceAll(/['’]/g, '');
    return plain === '' ? [] : [{ word: bare, plain }];
  });
}

/** In capitals such a word is a name: "Mal Reynolds", "Just Eat". Only at the beginning of a text it may be written so. */
function withoutFillers(all: readonly Kept[]): readonly Kept[] {
  const begins = all.findIndex(({ plain }) => !FILLER.test(plain));
  return all
    .slice(begins === -1 ? all.length : begins)
    .filter(({ word }) => typeof word !== 'string' || !FILLER.test(word));
}

const countOf = (said: string): number => said.split(' ').filter(Boolean).length;
