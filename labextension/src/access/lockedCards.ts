import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { IExplainedCard } from './accessClient';
import { CommandIDs } from './commands';
import type { IPageCard } from './pageCards';

/**
 * A lock. Launchers show the icons of kernels' cards as images, which have no theme: its grey has enough contrast on both.
 */
const LOCK_SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="24" viewBox="0 0 24 24" id="scoped-launcher-lock"><path fill="#767676" d="M12 2a5 5 0 0 0-5 5v3H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-8a2 2 0 0 0-2-2h-1V7a5 5 0 0 0-5-5zm-3 5a3 3 0 0 1 6 0v3H9V7z"/></svg>';

/**
 * The icon of locked cards. The style sheet knows them by its name.
 */
export const lockIcon = new LabIcon({
  name: 'scoped-launcher:lock',
  svgstr: LOCK_SVG
});

const LOCK_URL = `data:image/svg+xml,${encodeURIComponent(LOCK_SVG)}`;

/**
 * Adds the locked cards to the launcher: those that the policy hides, and lets everybody know of.
 */
export class LockedCards {
  /**
   * @param _launcher - Where the cards are added.
   * @param _labTrans - The bundle of `jupyterlab`, which translates the launcher's sections.
   */
  constructor(
    private readonly _launcher: ILauncher,
    private readonly _labTrans: TranslationBundle
  ) {}

  /**
   * Replaces the cards. One that stays the same stays in place, with the keyboard focus.
   *
   * @param cards - What is hidden and locked.
   * @param pageCards - The cards of the page, by the id of their explanation.
   */
  setCards(
    cards: readonly IExplainedCard[],
    pageCards: ReadonlyMap<string, IPageCard>
  ): void {
    const items = new Map<string, ILauncher.IItemOptions>();
    for (const card of cards) {
      const item = createLockedItem(
        card,
        pageCards.get(card.id)?.item,
        this._labTrans
      );
      items.set(JSON.stringify([item.category, card]), item);
    }
    for (const [key, item] of this._items) {
      if (!items.has(key)) {
        item.dispose();
        this._items.delete(key);
      }
    }
    for (const [key, item] of items) {
      if (!this._items.has(key)) {
        this._items.set(key, this._launcher.add(item));
      }
    }
  }

  private readonly _items = new Map<string, IDisposable>();
}

/**
 * @param card - A locked card.
 * @param item - The launcher item that it hides; undefined if the page has none.
 * @param labTrans - The bundle of `jupyterlab`.
 * @returns The launcher item that stands in its place.
 */
export function createLockedItem(
  card: IExplainedCard,
  item: ILauncher.IItemOptions | undefined,
  labTrans: TranslationBundle
): ILauncher.IItemOptions {
  return {
    command: CommandIDs.explainCard,
    args: { card: card as unknown as ReadonlyJSONObject },
    category: item?.category ?? translateCategory(card, labTrans),
    rank: item?.rank ?? card.rank ?? undefined,
    kernelIconUrl: LOCK_URL
  };
}

/**
 * The section of a card as the launcher names it: in the language of the page if it is one of JupyterLab's own.
 */
export function translateCategory(
  card: Pick<IExplainedCard, 'category'>,
  labTrans: TranslationBundle
): string | undefined {
  const own: Record<string, string> = {
    Notebook: labTrans.__('Notebook'),
    Console: labTrans.__('Console'),
    Other: labTrans.__('Other')
  };
  const category = card.category ?? undefined;
  return category && (own[category] ?? category);
}
