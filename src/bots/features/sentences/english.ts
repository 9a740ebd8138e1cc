/** English sentences. */
import type { SentenceLanguage } from './language.ts';

/** Access to something, or the thing itself. */
const A = '(?:access (?:to|for) |access )?A';
const WE = '(?:i|we)';
const SOMEONE = '(?:you|someone|somebody|anyone)';
const COULD = '(?:can|could|would|will)';
const RETURN = `(?:(?:id like|i (?:would like|want|need)|how) to|${WE} can|ill|i will|(?:can|could) i|how (?:do|can) i|let me)`;
const ANY_MORE = '(?: any ?more| any longer| now)?';

export const english: SentenceLanguage = {
  fillers:
    'please|pls|plz|just|also|really|actually|urgently|kindly|asap|again|still|already|maybe|perhaps|possibly|currently',
  thanks: 'thanks|thx|thank',
  greeting: '(?:hi|hello|hey|good morning|good afternoon|dear)(?: (?:there|all|team|latchkey))?',
  closing: '(?:many )?(?:thank you|thanks)(?: (?:so|very) much| a lot)?',
  article: 'the|an?|my|our|some|your',
  suffix: 'app|application|tool|account|access|login|licen[cs]e|seat|team',
  and: 'and|or|plus',
  forWhom: 'for',
  reason:
    'because|since|so|as|to|in order|while|when|on|in|with|at|it|which|that|for (?:my|our|the|an?|this|that|these|all|some|work|testing)',
  pronouns:
    'i|ill|im|we|you|he|she|it|they|me|us|who|what|which|everyone|everybody|anyone|nobody|this|that',
  spellings: {},
  patterns: {
    want: [
      `${WE} (?:do |will )?(?:need|want|require)(?: to (?:get|have|use|request|open|be in|be added to|work (?:with|in|on)))? ${A}`,
      `(?:ill|(?:im|i am|we are) going to) need ${A}`,
      `(?:id|wed|${WE} (?:would|d)) (?:like|love|need)(?: to (?:get|have|use|request|open|be added to|work (?:with|in|on)))? ${A}`,
      `(?:can|could|may) ${WE} (?:get|have|use|request|be added to|be given) ${A}`,
      `${COULD} ${SOMEONE} (?:give|get|grant) (?:me|us) ${A}`,
      `${COULD} ${SOMEONE} (?:set (?:me|us) up with|add (?:me|us) to) A`,
      `(?:how|where) (?:do|can|could|would) ${WE} (?:get|request|have) ${A}`,
      `(?:is it|would it be) possible to (?:get|have|use) ${A}`,
      `(?:get|give|add|grant) (?:me|us) (?:to )?${A}`,
      `(?:need|want|require|requesting) ${A}`,
      `(?:im|i am|we are) (?:requesting|asking for) ${A}`,
      `${WE} (?:dont|do not) have access to A(?: yet)?`,
      `${WE} have no access to A(?: yet)?`,
      '(?:request )?access (?:to|for) A',
    ],
    'for someone': [
      `P (?:needs?|wants?|requires?|should (?:get|have)|must have|has to (?:get|have)|would like)(?: to (?:get|have|use|be in|be added to))? ${A}`,
      `(?:can|could|may) P (?:get|have|use|be added to) ${A}`,
      `${COULD} ${SOMEONE} (?:give|get|grant) P ${A}`,
      `(?:give|get|grant) P ${A}`,
      `(?:(?:${COULD} ${SOMEONE}|(?:i need|i want|id like) to|(?:can|how do) i) )?add P to A`,
      `(?:${COULD} ${SOMEONE} )?set P up with A`,
    ],
    who: [
      `who(?: all| else)? (?:has|have|got|has got|uses?|is (?:in|on|using)|can (?:use|access)) ${A}`,
      `whos (?:in|on|got|using) ${A}`,
      `(?:does|has) (?:anyone|anybody|someone|somebody)(?: else)? (?:have|got|use) ${A}`,
      `(?:which|what|how many) (?:people|colleagues|users) (?:have|use) ${A}`,
      `(?:show|list)(?: me)? (?:who has|(?:everyone|people) (?:with|in)|(?:all )?(?:the )?users of) ${A}`,
    ],
    have: [
      `do ${WE} have ${A}`,
      `have i got ${A}`,
      'am i in A',
      `(?:until when|till when|how long) do i have ${A}`,
      `when does my (?:access (?:to|for) )?A (?:end|expire|run out)`,
      '(?:what|which(?: \\S+)?|what (?:access|apps|tools|accounts)) (?:do|can) i (?:have|use|access)(?: access to)?',
      'what have i got',
      '(?:show|list)(?: me)? (?:all )?my (?:access|apps|tools|accounts)',
      'my (?:access|apps|tools|accounts)',
      `${WE} (?:cant|cannot|can not|couldnt) (?:access|open|use|(?:log|sign) ?in(?:to)?(?: to)?|get in(?:to)?) A(?: any ?more| any longer)?`,
      `(?:${WE}|ive|weve) (?:have )?lost (?:my )?access to A`,
    ],
    theirs: [
      '(?:what|which(?: apps?| tools?| access)|what (?:access|apps|tools|accounts)) (?:does|can) P (?:have|use|access)(?: access to)?',
      `does P have ${A}`,
      '(?:show|list)(?: me)? P (?:access|apps|tools|accounts)',
    ],
    end: [
      `${WE} (?:dont|do not|no longer|wont|will not) (?:need|want|use|require) ${A}${ANY_MORE}`,
      `(?:im|i am) (?:done|finished) with A${ANY_MORE}`,
      `${RETURN} (?:(?:give|hand) back|return) A`,
      `${RETURN} (?:give|hand) A back`,
      `(?:remove|end|cancel|delete|drop) my ${A}`,
      `(?:${COULD} you )?(?:remove|take) (?:me|my access) from A`,
    ],
  },
  end: {
    until: 'until|till|til|up to|up until|through|thru',
    during: 'for',
    noEnd: 'from|starting(?: from)?|by|before|after|on|as of|beginning',
    fromNow: '(?:from|starting|as of) (?:now|today)(?: on)?',
    before: 'the|this|coming|and including|including|on',
    ordinal: 'st|nd|rd|th',
    of: 'of',
    days: {
      today: 0,
      tonight: 0,
      'end of day': 0,
      'end of the day': 0,
      eod: 0,
      'day after tomorrow': 2,
      tomorrow: 1,
    },
    endOfMonth: 'end of (?:the |this )?month|eom',
    endOfYear: 'end of (?:the |this )?year|eoy',
    endOf: 'end of',
    vague:
      '(?:next|last) \\S+|(?:end of )?(?:the |this |next )?(?:week|weekend)|(?:(?:a )?(?:couple of|few)|some|several) (?:minutes|hours|days|weeks|months)|(?:half an|\\d{1,4}) (?:hour|minutes?|mins?)|a (?:while|bit|moment)|some time|the time being|(?:this |next )(?:month|year)|\\d{1,2} (?:am|pm)',
    time: '(?:at )?(?:\\d{1,2}[:.]\\d{2}|\\d{1,2} ?(?:am|pm)|noon|midnight|morning|afternoon|evening|night)',
    lengthBefore: 'the next|the coming|another|next|only',
    lengthAfter: 'more',
    numbers: {
      a: 1,
      an: 1,
      one: 1,
      two: 2,
      three: 3,
      four: 4,
      five: 5,
      six: 6,
      seven: 7,
      eight: 8,
      nine: 9,
      ten: 10,
    },
    units: {
      hours: 'hours?|hrs?|h',
      days: 'days?|d',
      weeks: 'weeks?|w',
      months: 'months?',
      years: 'years?',
    },
  },
};
