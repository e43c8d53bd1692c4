import type { TranslationBundle } from '@jupyterlab/translation';
import {
  Button,
  caretDownIcon,
  caretUpIcon,
  copyIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IExplainedCard } from './accessClient';
import { Reason } from './cardDetails';
import type { IRequester } from './contactLink';

type SortKey = 'title' | 'category' | 'state';

/**
 * What stands in a column, as a text to compare and to filter by.
 */
function getTexts(
  card: IExplainedCard,
  trans: TranslationBundle
): Record<SortKey, string> {
  return {
    title: card.title ?? card.name ?? '',
    category: card.category ?? '',
    state: getState(card, trans)
  };
}

function getState(card: IExplainedCard, trans: TranslationBundle): string {
  if (card.visible) {
    return trans.__('Shown');
  }
  return card.locked ? trans.__('Locked') : trans.__('Hidden');
}

/**
 * Whether a card has a text that was typed, in any case.
 */
function matches(
  card: IExplainedCard,
  query: string,
  trans: TranslationBundle
): boolean {
  const texts = [
    ...Object.values(getTexts(card, trans)),
    card.name ?? '',
    card.explanation,
    card.rule ?? ''
  ];
  const wanted = query.trim().toLowerCase();
  return texts.some(text => text.toLowerCase().includes(wanted));
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
  const { trans } = props;
  const [sort, setSort] = React.useState<{ key: SortKey; isUp: boolean }>({
    key: 'category',
    isUp: true
  });
  const shown = props.cards
    .filter(card => matches(card, props.query, trans))
    .map(card => ({ card, texts: getTexts(card, trans) }))
    .sort((a, b) => {
      const order =
        a.texts[sort.key].localeCompare(b.texts[sort.key]) ||
        a.texts.title.localeCompare(b.texts.title);
      return sort.isUp ? order : -order;
    });
  const header = (key: SortKey, label: string) => (
    <th
      scope="col"
      aria-sort={
        sort.key === key ? (sort.isUp ? 'ascending' : 'descending') : 'none'
      }
    >
      <Button
        minimal
        small
        onClick={() =>
          setSort({ key, isUp: sort.key === key ? !sort.isUp : true })
        }
      >
        {label}
        {sort.key === key &&
          (sort.isUp ? (
            <caretUpIcon.react tag="span" aria-hidden="true" />
          ) : (
            <caretDownIcon.react tag="span" aria-hidden="true" />
          ))}
      </Button>
    </th>
  );
  if (shown.length === 0) {
    return <p>{trans.__('No card has this text.')}</p>;
  }
  return (
    <div
      className="jp-ScopedLauncher-tableScroll"
      role="region"
      aria-label={trans.__('Launcher cards')}
      tabIndex={0}
    >
      <table className="jp-ScopedLauncher-table">
        <thead>
          <tr>
            {header('title', trans.__('Card'))}
            {header('category', trans.__('Section'))}
            {header('state', trans.__('State'))}
            <th scope="col">{trans.__('Why')}</th>
            {props.hasDetails && <th scope="col">{trans.__('For rules')}</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ card, texts }) => (
            <tr
              key={card.id + card.category}
              data-state={card.visible ? 'shown' : 'hidden'}
            >
              <th scope="row">{texts.title}</th>
              <td>{texts.category}</td>
              <td className="jp-ScopedLauncher-state">{texts.state}</td>
              <td>
                <Reason card={card} requester={props.requester} trans={trans} />
              </td>
              {props.hasDetails && (
                <td>
                  <Details card={card} trans={trans} />
                  <Button
                    small
                    minimal
                    onClick={() => props.onCopyRule(card)}
                    aria-label={trans.__('Copy %1 as a rule', texts.title)}
                  >
                    <copyIcon.react tag="span" aria-hidden="true" />
                    {trans.__('Copy as a rule')}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/**
 * What rules can match of a card. The names are those of the policy's keys, and are not translated.
 */
function Details(props: {
  card: IExplainedCard;
  trans: TranslationBundle;
}): JSX.Element {
  const { card } = props;
  const name = card.owner ? `${card.owner}/${card.name}` : card.name;
  const entries: [string, string | null | undefined][] = [
    [card.kind, name],
    ['category', card.category],
    ['tag', (card.tags ?? []).join(', ')],
    ['language', card.language],
    ['args', card.args ? JSON.stringify(card.args) : null]
  ];
  return (
    <dl className="jp-ScopedLauncher-details">
      {entries
        .filter(([, value]) => value)
        .map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
