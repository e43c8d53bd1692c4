import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import * as React from 'react';
import type { IExplainedCard } from './accessClient';
import { Reason } from './cardDetails';
import { CommandIDs } from './commands';
import type { IRequester } from './contactLink';
import { lockIcon } from './lockedCards';

/**
 * Adds the command of locked cards: a dialog says why the card is hidden, and whom to ask.
 *
 * @param commands - Where it is added.
 * @param getRequester - Who asks for access.
 * @param trans - The bundle of this package.
 */
export function addExplainCommand(
  commands: CommandRegistry,
  getRequester: () => IRequester,
  trans: TranslationBundle
): void {
  commands.addCommand(CommandIDs.explainCard, {
    label: args => trans.__('%1 (locked)', getTitle(args.card)),
    caption: trans.__('Why this card is locked'),
    icon: lockIcon,
    describedBy: {
      args: { type: 'object', properties: { card: { type: 'object' } } }
    },
    execute: async args => {
      const card = args.card as unknown as IExplainedCard;
      await showDialog({
        title: getTitle(card),
        body: <Reason card={card} requester={getRequester()} trans={trans} />,
        buttons: [Dialog.okButton({ label: trans.__('Close') })]
      });
    }
  });
}

function getTitle(card: unknown): string {
  const { title, name } = (card ?? {}) as Partial<IExplainedCard>;
  return title ?? name ?? '';
}
