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
        <Request group={card.request} requester={requester} trans={trans} />
      )}
      {card.rule && (
        <p className="jp-ScopedLauncher-rule">
          {trans.__('Rule: %1', card.rule)}
        </p>
      )}
    </div>
  );
}

/**
 * Which group to join, where to ask for it, and what came of the last request.
 */
function Request(props: {
  group: string;
  requester: IRequester;
  trans: TranslationBundle;
}): JSX.Element {
  const { group, requester, trans } = props;
  const url = requester.getJoinUrl(group);
  if (url === null) {
    return <p>{trans.__('Group to ask for: %1', group)}</p>;
  }
  const request = requester.getRequest(group);
  return (
    <>
      {request?.state === 'asked' && (
        <p>{trans.__('You have asked. Your request waits for a decision.')}</p>
      )}
      {request?.state === 'declined' && (
        <p>
          {request.answer
            ? trans.__('Your request was declined: %1', request.answer)
            : trans.__('Your request was declined.')}
        </p>
      )}
      <p>
        <a href={url} target="_blank" rel="noopener noreferrer">
          {request?.state === 'asked'
            ? trans.__('Your request to join %1', group)
            : trans.__('Ask to join %1', group)}
        </a>
      </p>
    </>
  );
}
