import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IExplainedCard } from './accessClient';
import { Reason } from './cardDetails';
import type { IRequester } from './contactLink';
import { RuleFacts } from './ruleFacts';

/**
 * The columns that sort the table.
 */
const SORT_KEYS = ['title', 'category', 'state', 'reason'] as const;

type SortKey = (typeof SORT_KEYS)[number];

/**
 * What stands in the columns of a card, as texts to compare and to filter by.
 */
function getTexts(
  card: IExplainedCard,
  trans: TranslationBundle
): Record<SortKey, string> {
  return {
    title: card.title ?? card.name ?? '',
    category: card.category ?? '',
    state: getState(card, trans),
    reason: card.explanation
  };
}

function getState(card: IExplainedCard, trans: TranslationBundle): string {
  if (card.visible) {
    return trans.__('Shown');
  }
  return card.locked ? trans.__('Locked') : trans.__('Hidden');
}

/**
 * Whether a card has all the words that were typed, in any case.
 */
function matches(
  card: IExplainedCard,
  texts: Record<SortKey, string>,
  query: string
): boolean {
  const text = [
    ...Object.values(texts),
    ...[card.name, card.owner, card.rule, card.message, card.contact]
  ]
    .join('\n')
    .toLowerCase();
  const words = query.toLowerCase().split(/\s+/);
  return words.every(word => text.includes(word));
}

/**
 * The cards with the reasons, sorted by a column. Headers are buttons: `Table` of JupyterLab can be sorted with the mouse only.
 */
export function AccessTable(props: {
  cards: readonly IExplainedCard[];
  query: string;
  hasDetails: boolean;
  requester: IRequester;
  onCopyRule: (card: IExplainedCard) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { query, trans } = props;
  const [sort, setSort] = React.useState<ISort>({
    key: 'category',
    isUp: true
  });
  const shown = props.cards
    .map(card => ({ card, texts: getTexts(card, trans) }))
    .filter(({ card, texts }) => matches(card, texts, query))
    .sort((a, b) => {
      const order =
        a.texts[sort.key].localeCompare(b.texts[sort.key]) ||
        a.texts.title.localeCompare(b.texts.title);
      return sort.isUp ? order : -order;
    });
  const labels: Record<SortKey, string> = {
    title: trans.__('Card'),
    category: trans.__('Section'),
    state: trans.__('State'),
    reason: trans.__('Why')
  };
  return (
    <>
      <p role="status" className="jp-ScopedLauncher-count">
        {shown.length > 0
          ? trans._n('%1 card', '%1 cards', shown.length)
          : query.trim()
            ? trans.__('No card has this text.')
            : trans.__('There are no cards that you may know of.')}
      </p>
      <div
        className="jp-ScopedLauncher-tableScroll"
        role="region"
        aria-label={trans.__('Launcher cards')}
        tabIndex={0}
        hidden={shown.length === 0}
      >
        <table className="jp-ScopedLauncher-table">
          <thead>
            <tr>
              {SORT_KEYS.map(key => (
                <SortHeader
                  key={key}
                  label={labels[key]}
                  sorted={sort.key === key ? sort : null}
                  onSort={isUp => setSort({ key, isUp })}
                />
              ))}
              {props.hasDetails && <th scope="col">{trans.__('For rules')}</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ card, texts }, i) => (
              <tr
                key={`${card.id} ${card.category ?? ''} ${i}`}
                data-state={card.visible ? 'shown' : 'hidden'}
              >
                <th scope="row">{texts.title}</th>
                <td>{texts.category}</td>
                <td className="jp-ScopedLauncher-state">{texts.state}</td>
                <td>
                  <Reason
                    card={card}
                    requester={props.requester}
                    trans={trans}
                  />
                </td>
                {props.hasDetails && (
                  <td>
                    <RuleFacts
                      card={card}
                      onCopyRule={props.onCopyRule}
                      trans={trans}
                    />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

interface ISort {
  key: SortKey;
  isUp: boolean;
}

/**
 * A header that sorts by its column, and the other way round when it is pressed again.
 */
function SortHeader(props: {
  label: string;
  sorted: ISort | null;
  onSort: (isUp: boolean) => void;
}): JSX.Element {
  const { label, sorted, onSort } = props;
  const Caret = sorted?.isUp ? caretUpIcon : caretDownIcon;
  return (
    <th
      scope="col"
      aria-sort={
        sorted ? (sorted.isUp ? 'ascending' : 'descending') : undefined
      }
    >
      <Button minimal small onClick={() => onSort(!sorted?.isUp)}>
        {label}
        {sorted && <Caret.react tag="span" aria-hidden="true" />}
      </Button>
    </th>
  );
}
