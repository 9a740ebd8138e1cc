/** English sentences. */
import type { SentenceLanguage } from './language.ts';

/** Access to something, or the thing itself. */
const A = '(?:access (?:to|for) |access )?A';
const WE = '(?:i|we)';
/** "Get into Figma", "get Figma". */
const GET = 'get(?: in(?:to)?)?';
const SOMEONE = '(?:you|someone|somebody|anyone)';
const COULD = '(?:can|could|would|will)';
const RETURN = `(?:(?:id like|i (?:would like|want|need)|how) to|${WE} can|ill|i will|(?:can|could) i|how (?:do|can) i|let me)`;
const ANY_MORE = '(?: any ?more| any longer| now)?';
/** When it began. */
const SINCE = '(?: (?:this (?:morning|afternoon|week)|yesterday|today|since \\S+(?: \\S+)?))?';
const CANNOT =
  '(?:cant|cannot|can not|couldnt) (?:access|open|use|(?:log|sign) ?in(?:to)?(?: to)?|get in(?:to)?)';
const ASKED = `(?:${COULD} ${SOMEONE} |${WE} (?:want|need) to |id like to |you can )?`;

/** A colleague, who is only in between. What they shouldn't be asked is another matter. */
const WHOM = '(?!(?:\\S+ ){0,3}?(?:not|never) )\\S+(?: \\S+){0,3}?';
const ASK = `(?:${COULD} ${SOMEONE} )?(?:ask|tell|get) ${WHOM}`;
const LEAVE = '(?: us| the (?:company|firm)| our company)?';
const LAST_DAY = 'last (?:working )?day(?: (?:at work|here|with us))?';

export const english: SentenceLanguage = {
  fillers:
    'please|pls|plz|plese|pleas|just|only|also|really|actually|urgently|kindly|asap|again|still|already|maybe|perhaps|possibly|currently',
  thanks: 'thanks|thx|thank',
  greeting: '(?:hi|hello|hey|good morning|good afternoon|dear)(?: (?:there|all|team|latchkey))?',
  closing: '(?:many )?(?:thank you|thanks)(?: (?:so|very) much| a lot)?',
  article: 'the|an?|my|our|some|your|either|both',
  suffix: 'app|application|tool|account|access|login|licen[cs]e|seat|team',
  and: 'and|or|plus',
  andThen: 'access|to',
  forWhom: 'for',
  not: 'not|never|(?:(?:to be|to get) )?(?:removed|revoked|deleted|cancell?ed|gone|taken away)|to go(?: away)?$',
  reason:
    'because|since|so|as|to|in order|while|when|on|in|with|at|it|which|that|for (?:my|our|the|an?|this|that|these|all|some|work|testing)',
  pronouns:
    'i|ill|im|we|you|he|she|it|they|me|my|us|our|the|who|what|which|everyone|everybody|anyone|nobody|this|that',
  spellings: {
    ned: 'need',
    neeed: 'need',
    nedd: 'need',
    nead: 'need',
    acess: 'access',
    acces: 'access',
    accses: 'access',
    acsess: 'access',
    requst: 'request',
    reqeust: 'request',
    u: 'you',
    untill: 'until',
    tomorow: 'tomorrow',
    tommorow: 'tomorrow',
    tommorrow: 'tomorrow',
    tmrw: 'tomorrow',
    friady: 'friday',
  },
  patterns: {
    want: [
      `${WE} need A (?:(?:for )?longer|back)`,
      `${WE} (?:do |will )?(?:need|want|require)(?: to (?:get|have|use|request|open|be in|be added to|work (?:with|in|on)))? ${A}`,
      `(?:ill|(?:im|i am|we are) going to) need ${A}`,
      `(?:id|wed|${WE} (?:would|d)) (?:like|love|need)(?: to (?:get|have|use|request|open|be added to|work (?:with|in|on)))? ${A}`,
      `(?:can|could|may) ${WE} (?:${GET}|have|use|request|be added to|be given) ${A}`,
      `${COULD} ${SOMEONE} (?:give|get|grant) (?:me|us) ${A}`,
      `${COULD} ${SOMEONE} (?:set (?:me|us) up with|add (?:me|us) to) A`,
      `(?:how|where) (?:do|can|could|would) ${WE} (?:${GET}|request|have) ${A}`,
      `whom? (?:do|can|could|should|must) ${WE} (?:ask|talk to|contact) (?:for|about) ${A}`,
      `(?:is it|would it be) possible to (?:get|have|use) ${A}`,
      `would ${SOMEONE} mind (?:giving|getting) (?:me|us) ${A}`,
      `(?:is there )?any way to (?:get|have|use) ${A}`,
      `(?:i think |i guess |it seems )i need ${A}`,
      `(?:set (?:me|us) up with|(?:sign|let) (?:me|us) (?:up (?:for|to)|in(?:to)?|use)) A`,
      `(?:${WE} (?:am|are)|im|were) missing (?:my )?${A}`,
      `${WE} need more time (?:for|with|in) A`,
      `(?:${COULD} ${SOMEONE} )?(?:extend|renew|prolong) ${A}`,
      `(?:(?:can|could|may) ${WE} |i (?:want|need) to |id like to )?keep ${A}(?: (?:for )?longer)?`,
      `A (?:is )?needed`,
      '(?:what|which)(?: apps| tools| access)? (?:can|could|may) i (?:request|get|order)',
      '(?:what|which) (?:apps|tools|programs) (?:are (?:there|available)|do (?:you|we) have)',
      '(?:list|show)(?: me)?(?: all)?(?: the)?(?: available)? (?:apps|tools)',
      'how (?:do|can) i (?:request|get) (?:access|an app|apps)',
      `(?:who can )?(?:get|give|add|grant) (?:me|us) (?:to )?${A}`,
      `(?:need|want|require|requesting) ${A}`,
      `(?:im|i am|we are) (?:requesting|asking for) ${A}`,
      `${WE} (?:dont|do not) have access to A(?: yet)?`,
      `${WE} have no access to A(?: yet)?`,
      '(?:request )?access (?:to|for) A',
      `${ASK} to (?:give|get|grant|order) (?:me|us) ${A}`,
      `${ASK} to (?:add (?:me|us) to|set (?:me|us) up with) A`,
      `${ASK} (?:if|whether) ${WE} (?:can|could|may) (?:get|have|use|be added to) ${A}`,
      `${ASK} that ${WE} need ${A}`,
      `(?:${COULD} ${SOMEONE} )?ask ${WHOM} for ${A}`,
      `(?:${COULD} ${SOMEONE} )?(?:get|order|arrange) ${A} for (?:me|us)`,
    ],
    'for someone': [
      `P (?:needs?|wants?|requires?|should (?:get|have)|must have|has to (?:get|have)|would like)(?: to (?:get|have|use|be in|be added to))? ${A}`,
      `(?:can|could|may) P (?:get|have|use|be added to) ${A}`,
      `${COULD} ${SOMEONE} (?:give|get|grant) P ${A}`,
      `(?:give|get|grant|assign) P ${A}`,
      `${ASKED}(?:give|grant|assign) ${A} to P`,
      `P (?:does not|doesnt|do not|dont) have access to A(?: yet)?`,
      `P has no access to A(?: yet)?`,
      `(?:(?:${COULD} ${SOMEONE}|(?:i need|i want|id like) to|(?:can|how do) i) )?add P to A`,
      `(?:${COULD} ${SOMEONE} )?set P up with A`,
      `${ASK} to (?:give|get|grant) P ${A}`,
    ],
    who: [
      `who(?: all| else)? (?:has|have|got|has got|uses?|is (?:in|on|using)|can (?:use|access)) ${A}`,
      `whos (?:in|on|got|using) ${A}`,
      `(?:does|has) (?:anyone|anybody|someone|somebody)(?: else)? (?:have|got|use) ${A}`,
      `(?:which|what|how many) (?:people|colleagues|users) (?:have|use) ${A}`,
      `(?:show|list)(?: me)? A users`,
      `(?:anyone|anybody|someone|somebody)(?: else)? (?:have|has|got|using|with) ${A}`,
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
      '(?:(?:id like|i would like|i want|i need) to |how (?:do|can) i |(?:can|could) i |let me )see (?:what|which)(?: apps| access| tools)? i have(?: access to)?',
      '(?:show|list)(?: me)? (?:all )?my (?:access|apps|tools|accounts)',
      'my (?:access|apps|tools|accounts)',
      `(?:${WE} )?${CANNOT} A${ANY_MORE}`,
      `(?:${WE}|ive|weve) (?:have )?lost (?:my )?(?:access to )?A`,
      `(?:im|i am|i got|ive been) locked out of A`,
      `my (?:access to )?A (?:(?:has )?expired|expires|is about to expire|(?:has )?ended|ends|ran out|runs out|is gone|(?:does not|doesnt|stopped|isnt|is not|no longer) work(?:s|ing)?)${SINCE}`,
      `${WE} need A (?:fixed|repaired|reset|unlocked)`,
    ],
    theirs: [
      '(?:what|which(?: apps?| tools?| access)|what (?:access|apps|tools|accounts)) (?:does|can) P (?:have|use|access)(?: access to)?',
      `does P have ${A}`,
      `P (?:has )?lost (?:access to )?A`,
      `P ${CANNOT} A${ANY_MORE}`,
      '(?:show|list)(?: me)? P (?:access|apps|tools|accounts)',
    ],
    end: [
      `${WE} (?:dont|do not|no longer|wont|will not) (?:need|want|use|require|work (?:with|in|on)) ${A}${ANY_MORE}`,
      `(?:im|i am) (?:done|finished) with A${ANY_MORE}`,
      `${RETURN} (?:(?:give|hand) back|return) A`,
      `${RETURN} (?:give|hand) A back`,
      `${ASKED}(?:remove|revoke|end|cancel|delete|drop|take away) my ${A}`,
      `${ASKED}take my ${A} away`,
      `${WE} (?:need|want|would like) (?:my )?${A} (?:removed|revoked|cancelled|canceled|deleted|gone)`,
      `(?:${COULD} you )?(?:remove|take) (?:me|my access) from A`,
    ],
    'end for someone': [
      `P (?:does not|doesnt|do not|dont|wont|will not) (?:need|want|use|require) ${A}${ANY_MORE}`,
      `P no longer (?:needs?|wants?|uses?|requires?) ${A}`,
      `P (?:should not|shouldnt|must not|mustnt) (?:have|keep|use) ${A}${ANY_MORE}`,
      `P is (?:done|finished) with A`,
      `${ASKED}(?:remove|revoke|end|cancel|delete|drop|take away) P ${A}`,
      `${ASKED}(?:remove|revoke|take|drop) (?:access (?:to|for) )?A (?:away )?from P`,
      `${ASKED}(?:remove|take|drop) P (?:from|off|out of) A`,
    ],
    requests: [
      '(?:.+ )?my (?:\\S+ ){0,4}?requests?(?: .+)?',
      `when (?:will|do|can) ${WE} get ${A}`,
    ],
    request: [
      `(?:${WE} (?:want|need|would like) to |id like to |can ${WE} |${COULD} ${SOMEONE} )?request ${A}(?: for (?:me|us))?`,
    ],
    leaving: [
      `P (?:is|will be) (?:leaving|quitting)${LEAVE}(?: D)?`,
      `P (?:leaves|quits|will (?:leave|quit))${LEAVE}(?: D)?`,
      'P (?:has )?(?:resigned|quit|given notice|handed in (?:her|his|their) notice)',
      `P ${LAST_DAY}(?: (?:is|will be))?(?: D)?`,
      `(?:the )?${LAST_DAY} of P(?: (?:is|will be))?(?: D)?`,
      `D (?:is|will be) P ${LAST_DAY}`,
    ],
  },
  end: {
    until: 'until|till|til|up to|up until|through|thru',
    during: 'for',
    on: 'on',
    noEnd: 'no later than|from|starting(?: from)?|by|before|after|on|as of|beginning',
    fromNow: '(?:from|starting|as of) (?:now|today)(?: on)?',
    before: 'the|this|coming|and including|including|incl|on|at',
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
      'half an? (?:hour|day|week|month|year)|(?:an?|one) (?:hour|day|week|month|year) or (?:so|two)|a fortnight|between \\S+ and \\S+|(?:(?:a )?(?:couple of|few)|some|several) (?:minutes|hours|days|weeks|months)|(?:half an|\\d{1,4}) (?:hour|minutes?|mins?)|a (?:while|bit|moment)|some time|the time being|\\d{1,2} (?:am|pm)',
    vagueDay:
      '(?:next|last) \\S+|(?:end of )?(?:the |this |next )?(?:week|weekend)|(?:this |next )(?:month|year)',
    time: '(?:at )?(?:\\d{1,2}[:.]\\d{2}|\\d{1,2} ?(?:am|pm)|noon|midnight|morning|afternoon|evening|night)',
    or: 'or|to',
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
      weeks: 'weeks?|wks?|w',
      months: 'months?',
      years: 'years?',
    },
  },
};
