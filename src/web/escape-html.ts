/** Escapes a text for HTML, in an element or in a quoted attribute, so that it appears literally. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
