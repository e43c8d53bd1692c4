/**
 * The launchers of JupyterLab and of jupyterlab-launchpad.
 */
export const LAUNCHER = '.jp-Launcher, .jp-LauncherBody';

/**
 * How long a launcher may take to draw itself.
 */
const REDRAW_MS = 1000;

/**
 * Keeps the keyboard focus in a launcher whose focused card goes away: the card that takes its place
 * gets it, where the browser would send it back to the top of the page.
 *
 * @param redraw - Makes launchers draw themselves, now or soon.
 */
export function keepingFocus(redraw: () => void): void {
  const card = document.activeElement?.closest<HTMLElement>('.jp-LauncherCard');
  const launcher = card?.closest<HTMLElement>(LAUNCHER);
  if (!card || !launcher) {
    redraw();
    return;
  }
  const place = cardsIn(launcher).indexOf(card);
  const observer = new MutationObserver(() => {
    if (!card.isConnected) {
      observer.disconnect();
      // Unless the visitor went elsewhere meanwhile.
      if (document.activeElement === document.body) {
        const cards = cardsIn(launcher);
        cards[Math.min(place, cards.length - 1)]?.focus();
      }
    }
  });
  observer.observe(launcher, { childList: true, subtree: true });
  setTimeout(() => observer.disconnect(), REDRAW_MS);
  redraw();
}

function cardsIn(launcher: HTMLElement): HTMLElement[] {
  return [...launcher.querySelectorAll<HTMLElement>('.jp-LauncherCard')];
}
