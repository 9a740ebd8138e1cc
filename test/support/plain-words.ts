/** How Latchkey speaks: what it doesn't say, and how long its texts may be. */

/** Each has a plainer word, or needs a second reading. */
export const NOT_SAID = [
  /\b(whoever|somebody|nobody|everybody)\b/i,
  /\b(anew|meanwhile)\b/i,
  /\bby itself\b/i,
  /\bthird part(y|ies)\b/i,
  /\bother side\b/i,
  /\bfor as long as\b/i,
  /\bstand(s|ing)? in\b/i,
  /\b(look|run) again\b/i,
  /\basked? for\b/i,
  /\bdeciders?\b/i,
  /\b(take|takes|taken) away\b/i,
  /\b(is|are) told\b/i,
  /\bchoices\b/i, // options
];
/** Of these, what no comment says either. */
export const NOT_IN_COMMENTS = /\b(whoever|somebody|anew|third part(y|ies)|other side)\b/i;
/** Tests know third parties, which the code calls apps. */
export const NOT_IN_ANY_COMMENT = /\b(whoever|whomever|somebody)\b/i;
/** One word for one idea: each of these has another, which the file uses everywhere else. */
export const NOT_SAID_IN_GERMAN = [
  /\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]eine?[mnrs]?)\b/, // Sie
  /Audit-Log|(?<!Prüf)[Pp]rotokoll/, // Prüfprotokoll; the server's is the Log
  /Geheimnis/, // Geheimwert
  /Kommandozeile/, // Befehlszeile
  /Kopfzeile/, // Header
  /\bKn[oö]pf/, // Schaltfläche
  /Zugang\b|[Zz]ugang haben/, // Zugriff
  /[Bb]eantrag|[Aa]ngefordert/, // angefragt
  /gewähr/, // erteilt
  /wieder aktiv/, // reaktiviert
  /Unternehmen/, // Firma
  /steck(t|en) fest|[Ff]estgefahren/, // hängt fest
  /[Uu]nterstellte/, // Team
  /Vorgang|Vorgäng/, // Lauf
  /Zugriff (jetzt )?nehmen|\bgenommen/, // Notfallzugriff nutzen
  /(?<!Zugriff auf .*)\bApps? (wird |werden |wurden? |gerade |nicht )*erteil/, // Zugriff auf … erteilen
  /zu viele Anfragen|Anfrage (wurde|an).*weitergeleitet/, // Aufruf, where Latchkey calls an app
  /[Ff]reiwillig/, // optional
  /scheiter/, // fehlgeschlagen
  /Möglichkeiten|eine Möglichkeit\b/, // Optionen
  /\bjemand anders\b/i, // jemand anderes
  /[^\s(„_]…$/, // a space before it
];
export const MAX_BUTTON = 24;
export const MAX_TITLE = 60;
export const MAX_PARAGRAPH = 200;

/** A template, an id, an ISO date, an address of this machine, a request, an error's code, a variable of the environment. */
export const PLUMBING =
  /\{\{|[\da-f]{8}-[\da-f]{4}-|\b20\d\d-\d\d-\d\d|127\.0\.0\.1|\b(?:GET|POST|PUT|DELETE) http|\bE[A-Z]{6,}\b|\b[A-Z]{3,}_[A-Z_]{3,}\b/;
