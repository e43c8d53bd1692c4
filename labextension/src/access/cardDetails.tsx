import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { getContactText } from '../webLinks';
import type { IExplainedCard } from './accessClient';
import { type IRequester, getContactLink } from './contactLink';

/**
 * Why a card is shown or hidden, and whom to ask.
 */
export function Reason(props: {
  card: IExplainedCard;
  requester: IRequester;
  trans: TranslationBundle;
}): JSX.Element {
  const { card, requester, trans } = props;
  const link = card.visible ? null : getContactLink(card, requester, trans);
  return (
    <div className="jp-ScopedLauncher-reason">
      {card.message && <p>{card.message}</p>}
      <p>{card.explanation}</p>
      {!card.visible && card.contact && (
        <p>
          {link ? (
            <a href={link} target="_blank" rel="noopener noreferrer">
              {trans.__('Ask for access: %1', getContactText(card.contact))}
            </a>
          ) : (
            trans.__('Ask %1.', card.contact)
          )}
        </p>
      )}
      {!card.visible && card.request && (
        <p>{trans.__('Group to ask for: %1', card.request)}</p>
      )}
      {card.rule && (
        <p className="jp-ScopedLauncher-rule">
          {trans.__('Rule: %1', card.rule)}
        </p>
      )}
    </div>
  );
}
