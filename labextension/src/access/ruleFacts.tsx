import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IExplainedCard } from './accessClient';

/**
 * What rules can match of a card. The names are those of the policy's keys, and are not translated.
 */
export function RuleFacts(props: {
  card: IExplainedCard;
  onCopyRule: (card: IExplainedCard) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { card, trans } = props;
  const title = card.title ?? card.name ?? '';
  const facts: [string, string | null | undefined][] = [
    [card.kind, card.owner ? `${card.owner}/${card.name}` : card.name],
    ['title', card.title],
    ['category', card.category],
    ['tag', (card.tags ?? []).join(', ')],
    ['language', card.language],
    ['args', card.args ? JSON.stringify(card.args) : null]
  ];
  return (
    <>
      <dl className="jp-ScopedLauncher-details">
        {facts
          .filter(([, value]) => value)
          .map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <Button
        minimal
        small
        onClick={() => props.onCopyRule(card)}
        aria-label={trans.__('Copy %1 as a rule', title)}
      >
        <copyIcon.react tag="span" aria-hidden="true" />
        {trans.__('Copy as a rule')}
      </Button>
    </>
  );
}
