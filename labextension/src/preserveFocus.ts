/**
 * A CSS selector for the launchers of JupyterLab and of jupyterlab-launchpad.
 */
export const LAUNCHER_SELECTOR = '.jp-Launcher, .jp-LauncherBody';

const CARD_SELECTOR = '.jp-LauncherCard';
const HOVERED_SELECTOR = '.jp-LauncherCard:hover';

/**
 * How long a launcher may take to render, in milliseconds.
 */
const RENDER_TIMEOUT_MS = 1000;

/**
 * Keeps the keyboard focus in a launcher whose focused card is removed. The card that takes its place gets
 * the focus, which the browser would otherwise move to the start of the page.
 *
 * @param render - Makes the launchers render, now or soon.
 */
export function preserveFocus(render: () => void): void {
  const card = document.activeElement?.closest<HTMLElement>(CARD_SELECTOR);
  const launcher = card?.closest<HTMLElement>(LAUNCHER_SELECTOR);
  if (!card || !launcher) {
    render();
    return;
  }
  const index = getCards(launcher).indexOf(card);
  const observer = new MutationObserver(() => {
    if (!card.isConnected) {
      observer.disconnect();
      // The visitor may have moved the focus meanwhile.
      if (document.activeElement === document.body) {
        const cards = getCards(launcher);
        cards[Math.min(index, cards.length - 1)]?.focus({
          // What the mouse points at stays where it is.
          preventScroll: launcher.querySelector(HOVERED_SELECTOR) !== null
        });
      }
    }
  });
  observer.observe(launcher, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), RENDER_TIMEOUT_MS);
  render();
}

function getCards(launcher: HTMLElement): HTMLElement[] {
  return [...launcher.querySelectorAll<HTMLElement>(CARD_SELECTOR)];
}
