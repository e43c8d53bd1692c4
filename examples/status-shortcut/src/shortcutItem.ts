import { type ISignal, Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

/**
 * A link in the status bar.
 */
export class ShortcutItem extends Widget {
  constructor() {
    const node = document.createElement('a');
    node.className = 'jp-StatusShortcut';
    node.target = '_blank';
    node.rel = 'noopener';
    super({ node });
  }

  set url(url: string) {
    this.node.setAttribute('href', url);
  }

  get label(): string {
    return this.node.textContent ?? '';
  }
  set label(label: string) {
    this.node.textContent = label;
  }

  /** Whether the status bar shows it. */
  get isOffered(): boolean {
    return this._isOffered;
  }
  set isOffered(isOffered: boolean) {
    if (isOffered !== this._isOffered) {
      this._isOffered = isOffered;
      this._offeredChanged.emit();
    }
  }

  get offeredChanged(): ISignal<this, void> {
    return this._offeredChanged;
  }

  private _isOffered = false;
  private readonly _offeredChanged = new Signal<this, void>(this);
}
