/** A text for HTML, in an element or in a quoted attribute: it is shown as it is, whatever stands in it. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
