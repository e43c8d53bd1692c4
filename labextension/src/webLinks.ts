/**
 * What of a policy becomes a link: web pages and mailboxes, and nothing else.
 */

/**
 * Whether a page may open an address: no script, and nothing that depends on the page's own address.
 */
export function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^/\\]/i.test(url);
}

/**
 * A contact as people write it: without `mailto:`.
 */
export function getContactText(contact: string): string {
  return contact.replace(/^mailto:/i, '');
}

/**
 * @returns The link to a contact: a web page, or a mailbox. Null if it is neither.
 */
export function getContactUrl(contact: string): string | null {
  if (isWebAddress(contact)) {
    return contact;
  }
  const address = getContactText(contact);
  return /^[^\s@:/?#&]+@[^\s@:/?#&]+$/.test(address)
    ? `mailto:${encodeURIComponent(address).replace(/%40/g, '@')}`
    : null;
}
