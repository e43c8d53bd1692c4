/**
 * The card that the mouse points at, or else the one that has the keyboard focus: a click goes where the mouse is, and a key to
 * the focused card, wherever that is.
 */
const CARD_SELECTORS = ['.jp-LauncherCard:hover', '.jp-LauncherCard:focus'];

/**
 * What scrolls in the launchers of JupyterLab and of jupyterlab-launchpad.
 */
const SCROLL_SELECTOR = '.jp-Launcher-body, .jp-LauncherBody';

/**
 * How long changes of a launcher may follow one another, in milliseconds. A new context has several: JupyterLab reads the
 * kernelspecs after it, and removes the cards of all kernels before it adds them again.
 */
const QUIET_MS = 1500;

/**
 * What a visitor does to move on from a card.
 */
const MOVES = ['pointermove', 'pointerdown', 'wheel', 'keydown'] as const;

/**
 * Keeps a card where it is on the screen when cards and sections come or go above it: the one that the mouse points at, or
 * that has the keyboard focus. A click must not hit another card than the visitor aims at.
 */
export class PlaceKeeper {
  /**
   * Call it when the launcher's model has changed. Launchers render after that.
   */
  readonly keep = (): void => {
    if (!this._card?.isConnected) {
      this._release();
      CARD_SELECTORS.some(selector => this._hold(selector));
    }
    clearTimeout(this._timer);
    if (this._card) {
      this._timer = setTimeout(this._release, QUIET_MS);
    }
  };

  /**
   * Keeps nothing any more.
   */
  dispose(): void {
    this._release();
  }

  /**
   * @returns Whether there is such a card in a launcher.
   */
  private _hold(selector: string): boolean {
    const card = document.querySelector<HTMLElement>(selector);
    const body = card?.closest<HTMLElement>(SCROLL_SELECTOR);
    if (!card || !body) {
      return false;
    }
    const { top } = card.getBoundingClientRect();
    this._card = card;
    this._body = body;
    // The browser's own way does nothing while the top of the launcher is in view.
    body.style.overflowAnchor = 'none';
    // Not whether the mouse still points at the card: where it points changes with the cards.
    this._observer = new MutationObserver(() => {
      if (card.isConnected) {
        body.scrollTop += card.getBoundingClientRect().top - top;
      }
    });
    this._observer.observe(body, { childList: true, subtree: true });
    for (const move of MOVES) {
      document.addEventListener(move, this._onMove, {
        capture: true,
        passive: true
      });
    }
    return true;
  }

  private readonly _onMove = (event: Event) => {
    // The browser sends movements of nothing when the page changes under the mouse.
    const isStill =
      event.type === 'pointermove' &&
      (event as PointerEvent).movementX === 0 &&
      (event as PointerEvent).movementY === 0;
    if (!isStill) {
      this._release();
    }
  };

  private readonly _release = (): void => {
    clearTimeout(this._timer);
    this._observer?.disconnect();
    this._observer = null;
    if (this._body) {
      this._body.style.overflowAnchor = '';
    }
    this._body = null;
    this._card = null;
    for (const move of MOVES) {
      document.removeEventListener(move, this._onMove, { capture: true });
    }
  };

  private _card: HTMLElement | null = null;
  private _body: HTMLElement | null = null;
  private _observer: MutationObserver | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
