import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';

/**
 * Tells screen readers which sections of the launcher have got or lost cards.
 */
export class Announcer {
  /**
   * @param _trans - The bundle of this package.
   */
  constructor(private readonly _trans: TranslationBundle) {
    this._node.className = 'jp-ScopedLauncher-announcer';
    this._node.setAttribute('role', 'status');
    this._node.setAttribute('aria-live', 'polite');
    document.body.append(this._node);
  }

  /**
   * Compares the cards with those of the last call, and says what has changed. The first call says nothing.
   *
   * @param items - What the launcher shows now.
   */
  update(items: readonly ILauncher.IItemOptions[]): void {
    const counts = new Map<string, number>();
    for (const { category } of items) {
      counts.set(category ?? '', (counts.get(category ?? '') ?? 0) + 1);
    }
    if (this._counts !== null) {
      const sentences = this._describeChanges(this._counts, counts);
      if (sentences.length > 0) {
        this._node.textContent = sentences.join(' ');
      }
    }
    this._counts = counts;
  }

  dispose(): void {
    this._node.remove();
  }

  private _describeChanges(
    before: ReadonlyMap<string, number>,
    after: ReadonlyMap<string, number>
  ): string[] {
    return [...new Set([...before.keys(), ...after.keys()])].flatMap(name => {
      const difference = (after.get(name) ?? 0) - (before.get(name) ?? 0);
      if (difference === 0) {
        return [];
      }
      const section = name || this._trans.__('Launcher');
      const count = Math.abs(difference);
      return [
        difference > 0
          ? this._trans._n(
              '%2: %1 card added.',
              '%2: %1 cards added.',
              count,
              section
            )
          : this._trans._n(
              '%2: %1 card removed.',
              '%2: %1 cards removed.',
              count,
              section
            )
      ];
    });
  }

  private readonly _node = document.createElement('div');
  /** How many cards each section had; null before the first call. */
  private _counts: ReadonlyMap<string, number> | null = null;
}
