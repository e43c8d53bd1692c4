import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  type ICommandPalette,
  Notification
} from '@jupyterlab/apputils';
import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Card } from '../wasm/scoped_launcher.js';
import { type ITextSource, toCard } from './launcherItem';

/**
 * The command that copies the launcher's cards.
 */
export const COPY_COMMAND = 'scoped-launcher:copy-cards';

/**
 * Adds a command that copies the cards which the launcher shows, as `scoped-launcher … --cards FILE` reads them: with all
 * that a rule can match.
 *
 * @param app - Where the command is added.
 * @param getItems - Returns the items that are shown.
 * @param texts - Where the texts on launcher items come from.
 * @param trans - The bundle of this package.
 * @param palette - Where the command is listed, if there is a command palette.
 */
export function addCopyCommand(
  app: JupyterFrontEnd,
  getItems: () => readonly ILauncher.IItemOptions[],
  texts: ITextSource,
  trans: TranslationBundle,
  palette: ICommandPalette | null
): void {
  app.commands.addCommand(COPY_COMMAND, {
    label: trans.__('Copy the Launcher Cards'),
    caption: trans.__(
      'Copies what rules of a launcher policy can match, of each card that you see.'
    ),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      const cards = toCards(app, getItems(), texts);
      Clipboard.copyToSystem(JSON.stringify({ cards }, undefined, 2));
      Notification.success(
        trans._n('Copied one card.', 'Copied %1 cards.', cards.length),
        { autoClose: 3000 }
      );
    }
  });
  palette?.addItem({ command: COPY_COMMAND, category: trans.__('Launcher') });
}

/**
 * @returns The cards of launcher items, with what the kernelspecs say.
 */
export function toCards(
  app: JupyterFrontEnd,
  items: readonly ILauncher.IItemOptions[],
  texts: ITextSource
): Card[] {
  const kernelspecs = app.serviceManager.kernelspecs.specs?.kernelspecs ?? {};
  return items.flatMap(item => {
    const card = toCard(item, texts);
    if (card === null) {
      return [];
    }
    const spec =
      card.kind === 'kernel' ? kernelspecs[card.name ?? ''] : undefined;
    return [
      spec
        ? { ...card, title: spec.display_name, language: spec.language }
        : card
    ];
  });
}
