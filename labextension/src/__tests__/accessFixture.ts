import type { IAccess, IExplainedCard } from '../access/accessClient';
import type { IRequester } from '../access/contactLink';

/**
 * @returns A card as the server explains it: a hidden kernel of a class, with what the test gives it instead.
 */
export function createCard(
  given: Partial<IExplainedCard> = {}
): IExplainedCard {
  return {
    id: 'kernel:class_a',
    kind: 'kernel',
    name: 'class_a',
    category: 'Notebook',
    title: 'Class A',
    language: 'python',
    tags: [],
    args: null,
    visible: false,
    locked: false,
    rule: 'class',
    reason: 'show_when',
    explanation: 'Hidden: shown only to members of group class.',
    message: null,
    contact: null,
    request: null,
    icon: null,
    description: null,
    rank: null,
    open_in: null,
    file: null,
    in_page: false,
    ...given
  };
}

/**
 * @returns An answer of the server with these cards.
 */
export function createAccess(
  cards: IExplainedCard[],
  given: Partial<IAccess> = {}
): IAccess {
  return {
    visitor: { user: 'ann', admin: false, groups: [] },
    age_s: 4,
    stale: false,
    may_preview: false,
    warnings: [],
    requests: null,
    cards,
    ...given
  };
}

/**
 * @returns Who asks for access: on a Hub without a service that takes requests, unless the test gives another.
 */
export function createRequester(given: Partial<IRequester> = {}): IRequester {
  return {
    user: 'ann',
    hubPage: null,
    getJoinUrl: () => null,
    getRequest: () => undefined,
    ...given
  };
}
