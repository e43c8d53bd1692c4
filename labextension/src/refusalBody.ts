import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { IExplanation } from './tokens';
import { getContactText, getContactUrl } from './webLinks';

/**
 * Why something is refused, in paragraphs: the policy's own message first, then the reason.
 */
export function getRefusalParagraphs(explanation: IExplanation): string[] {
  const { message, explanation: reason } = explanation;
  return message ? [message, reason] : [reason];
}

/**
 * What a visitor is told who may not use something: why, and whom to ask. All of it is text of the policy, the kernels and the
 * server: nothing of it is HTML.
 *
 * @param explanation - The reason.
 * @param more - Paragraphs after the reason.
 * @param trans - The bundle of this package.
 */
export function createRefusalBody(
  explanation: IExplanation,
  more: readonly string[],
  trans: TranslationBundle
): Widget {
  const { contact, isShown } = explanation;
  const paragraphs = [...getRefusalParagraphs(explanation), ...more];
  return createTextBody(paragraphs, isShown ? null : contact, trans);
}

/**
 * Paragraphs for a dialog, the last with whom to ask.
 *
 * @param contact - A web page, a mail address or another text; null if there is nobody to ask.
 */
export function createTextBody(
  paragraphs: readonly string[],
  contact: string | null,
  trans: TranslationBundle
): Widget {
  const node = document.createElement('div');
  for (const text of paragraphs) {
    node.appendChild(document.createElement('p')).textContent = text;
  }
  if (contact) {
    const p = node.appendChild(document.createElement('p'));
    p.append(trans.__('Whom to ask: '), createContactLink(contact));
  }
  return new Widget({ node });
}

/**
 * A link to a web page or a mail address; anything else as it is.
 */
function createContactLink(contact: string): Node {
  const href = getContactUrl(contact);
  if (href === null) {
    return document.createTextNode(contact);
  }
  const link = document.createElement('a');
  link.href = href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = getContactText(contact);
  return link;
}
