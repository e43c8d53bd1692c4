const CARD_SELECTOR = '.jp-LauncherCard:focus, .jp-LauncherCard:hover';

/**
 * What scrolls in the launchers of JupyterLab and of jupyterlab-launchpad.
 */
const SCROLL_SELECTOR = '.jp-Launcher-body, .jp-LauncherBody';

/**
 * How long a launcher may take to render, in milliseconds.
 */
const RENDER_TIMEOUT_MS = 500;

/**
 * Keeps a card where it is on the screen when cards and sections come or go above it: the one that has the keyboard focus, or
 * that the mouse points at. A click must not hit another card than the visitor aims at.
 *
 * Call it when the launcher's model has changed. Launchers render after that.
 */
export function preservePlace(): void {
  const card = document.querySelector<HTMLElement>(CARD_SELECTOR);
  const body = card?.closest<HTMLElement>(SCROLL_SELECTOR);
  if (!card || !body) {
    return;
  }
  const { top } = card.getBoundingClientRect();
  // The browser's own way does nothing while the top of the launcher is in view.
  body.style.overflowAnchor = 'none';
  const observer = new MutationObserver(() => {
    // The visitor may have moved on, or scrolled.
    if (card.matches(CARD_SELECTOR)) {
      body.scrollTop += card.getBoundingClientRect().top - top;
    }
  });
  observer.observe(body, { childList: true, subtree: true });
  setTimeout(() => {
    observer.disconnect();
    body.style.overflowAnchor = '';
  }, RENDER_TIMEOUT_MS);
}
