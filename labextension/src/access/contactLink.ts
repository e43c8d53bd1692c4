import type { TranslationBundle } from '@jupyterlab/translation';
import { getContactUrl } from '../webLinks';
import type { IExplainedCard, IJoinRequest } from './accessClient';

/**
 * Who asks, and where the contact can change their groups.
 */
export interface IRequester {
  /** The visitor's name at the Hub. */
  user: string;
  /** The Hub's page for users and groups; null without a Hub. */
  hubPage: string | null;
  /**
   * @returns The Hub service's page on which one asks to join a group; null if there is no such service.
   */
  getJoinUrl(group: string): string | null;
  /**
   * @returns The last request for a group; undefined if there is none, or it is not known.
   */
  getRequest(group: string): IJoinRequest | undefined;
}

/**
 * @returns The link to whom a visitor may ask for access to a card: a mail with subject and text, or a web page. Null for any
 * other contact.
 */
export function getContactLink(
  card: Pick<IExplainedCard, 'contact' | 'request' | 'title' | 'name'>,
  requester: IRequester,
  trans: TranslationBundle
): string | null {
  const { contact } = card;
  if (!contact) {
    return null;
  }
  const url = getContactUrl(contact);
  if (!url?.startsWith('mailto:')) {
    return url;
  }
  const title = card.title ?? card.name ?? '';
  const subject = trans.__('%1 asks for access to %2', requester.user, title);
  const sentences = [
    card.request
      ? trans.__(
          'Please add the user %1 to the group %2, for access to "%3".',
          requester.user,
          card.request,
          title
        )
      : trans.__(
          'Please give the user %1 access to "%2".',
          requester.user,
          title
        ),
    ...(requester.hubPage
      ? [trans.__('Groups are changed here: %1', requester.hubPage)]
      : [])
  ];
  const query = new URLSearchParams({
    subject,
    body: sentences.join('\r\n\r\n')
  });
  // Mail programs read `+` as it is, and not as a space.
  return `${url}?${query.toString().replace(/\+/g, '%20')}`;
}
