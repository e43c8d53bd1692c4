import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  type ICommandPalette,
  Notification
} from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Card } from '../wasm/scoped_launcher.js';
import { type ITextSource, toCard, withKernelspec } from './launcherItem';
import type { ILauncherItems } from './launcherState';

/**
 * The command that copies the launcher's cards.
 */
export const COPY_COMMAND = 'scoped-launcher:copy-cards';

const AUTO_CLOSE_MS = 3000;

/**
 * Adds a command that copies the cards of the launcher as JSON, `{"cards": […]}`, with all that a rule can match.
 * `scoped-launcher … --cards FILE` reads it. Hidden cards are among them only if the policy's `preview` condition
 * holds for the visitor.
 *
 * @param app - Where the command is added.
 * @param items - The items of the launcher.
 * @param texts - Where the texts on launcher items come from.
 * @param trans - The bundle of this package.
 * @param palette - Where the command is listed, if there is a command palette.
 */
export function addCopyCommand(
  app: JupyterFrontEnd,
  items: ILauncherItems,
  texts: ITextSource,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  app.commands.addCommand(COPY_COMMAND, {
    label: trans.__('Copy the Launcher Cards'),
    caption: trans.__(
      'Copies what rules of a launcher policy can match, of each card that you may know of.'
    ),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: async () => {
      try {
        const cards = await collectCards(app, items, texts);
        await copyText(JSON.stringify({ cards }, undefined, 2));
        Notification.success(
          trans._n('Copied one card.', 'Copied %1 cards.', cards.length),
          { autoClose: AUTO_CLOSE_MS }
        );
      } catch (error) {
        console.warn('Scoped launcher: cannot copy the cards.', error);
        Notification.error(trans.__('The launcher cards cannot be copied.'), {
          autoClose: AUTO_CLOSE_MS
        });
      }
    }
  });
  palette?.addItem({ command: COPY_COMMAND, category: trans.__('Launcher') });
}

/**
 * @returns The cards that the visitor sees. If the visitor may preview, also the hidden ones, and those of kernels and
 * services that the server hides from the page.
 */
async function collectCards(
  app: JupyterFrontEnd,
  items: ILauncherItems,
  texts: ITextSource
): Promise<Card[]> {
  const hidden = await fetchCardsOfPreview(app.serviceManager.serverSettings);
  if (hidden === null) {
    return toCards(app, items.getShownItems(), texts);
  }
  const cards = toCards(app, items.getAllItems(), texts);
  const inLauncher = new Set(cards.map(getTarget));
  return [...cards, ...hidden.filter(card => !inLauncher.has(getTarget(card)))];
}

/**
 * @returns The cards that the server knows, hidden ones among them. Null if the visitor may not preview, or if the
 * server does not say so.
 */
async function fetchCardsOfPreview(
  settings: ServerConnection.ISettings
): Promise<Card[] | null> {
  const get = (route: string) =>
    ServerConnection.makeRequest(
      URLExt.join(settings.baseUrl, 'scoped-launcher', route),
      {},
      settings
    );
  try {
    // Only those whom the policy's `preview` condition allows may read the whole policy.
    if (!(await get('policy')).ok) {
      return null;
    }
    const response = await get('cards');
    return response.ok
      ? ((await response.json()) as { cards: Card[] }).cards
      : null;
  } catch {
    return null;
  }
}

/**
 * What a card opens, as a text.
 */
function getTarget({ kind, owner, name }: Card): string {
  return JSON.stringify([kind, owner ?? null, name]);
}

/**
 * @returns The cards of launcher items, with what the kernelspecs say.
 */
function toCards(
  app: JupyterFrontEnd,
  items: readonly ILauncher.IItemOptions[],
  texts: ITextSource
): Card[] {
  const { specs } = app.serviceManager.kernelspecs;
  return items.flatMap(item => {
    const card = toCard(item, texts);
    return card === null ? [] : [withKernelspec(card, specs)];
  });
}

/**
 * Copies a text. Rejects if the browser says that it does not.
 */
async function copyText(text: string): Promise<void> {
  // Pages with http: have no `navigator.clipboard`.
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
  } else {
    Clipboard.copyToSystem(text);
  }
}
