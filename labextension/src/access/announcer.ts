import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandIDs } from './commands';

/**
 * How long changes are collected into one message, in milliseconds: JupyterLab reads the kernelspecs after the context has changed,
 * and then removes the cards of all kernels and adds them again.
 */
const QUIET_MS = 1500;

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
    document.body.append(this._node);
  }

  /**
   * Says what has changed since the last message, once the cards stay the same for a moment. The first time it says nothing.
   *
   * @param items - What the launcher shows now.
   */
  update(items: readonly ILauncher.IItemOptions[]): void {
    const counts = countCards(items);
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._announce(counts), QUIET_MS);
  }

  /**
   * Removes the messages from the page.
   */
  dispose(): void {
    clearTimeout(this._timer);
    this._node.remove();
  }

  private _announce(counts: ReadonlyMap<string, number>): void {
    const before = this._counts ?? counts;
    this._counts = counts;
    const sections = [...new Set([...before.keys(), ...counts.keys()])];
    const sentences = sections.flatMap(section => {
      const added = (counts.get(section) ?? 0) - (before.get(section) ?? 0);
      return added === 0 ? [] : [this._describe(section, added)];
    });
    if (sentences.length > 0) {
      this._node.textContent = sentences.join(' ');
    }
  }

  private _describe(category: string, added: number): string {
    const section = category || this._trans.__('Launcher');
    const count = Math.abs(added);
    return added > 0
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
        );
  }

  private readonly _node = document.createElement('div');
  /** How many cards each section had at the last message; null before that. */
  private _counts: ReadonlyMap<string, number> | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * @returns How many cards each section has, without those that are locked.
 */
function countCards(
  items: readonly ILauncher.IItemOptions[]
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { category = '', command } of items) {
    if (command !== CommandIDs.explainCard) {
      counts.set(category, (counts.get(category) ?? 0) + 1);
    }
  }
  return counts;
}
