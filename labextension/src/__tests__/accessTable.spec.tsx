import { nullTranslator } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import { AccessTable } from '../access/accessTable';
import type { IExplainedCard, IJoinRequest } from '../access/accessClient';
import { createCard, createRequester } from './accessFixture';

const CARDS = [
  createCard({ title: 'B', category: 'Notebook', visible: true }),
  createCard({ title: 'C', category: 'Console', locked: true }),
  createCard({
    title: '<img src=x onerror=alert(1)>',
    message: '<b>Not</b> for you',
    contact: 'javascript:alert(1)',
    category: 'Zoo',
    rule: 'zoo'
  })
];

describe('AccessTable', () => {
  let widget: ReactWidget | undefined;
  let copied: IExplainedCard[];

  beforeEach(() => {
    copied = [];
  });

  afterEach(() => widget?.dispose());

  const render = async (
    given: Partial<Parameters<typeof AccessTable>[0]> = {}
  ) => {
    widget?.dispose();
    widget = ReactWidget.create(
      <AccessTable
        cards={CARDS}
        query=""
        hasDetails={false}
        requester={createRequester()}
        onCopyRule={card => copied.push(card)}
        trans={nullTranslator.load('x')}
        {...given}
      />
    );
    Widget.attach(widget, document.body);
    await nextTask();
  };
  // React renders by messages.
  const nextTask = () => new Promise(resolve => setTimeout(resolve, 20));
  const getTexts = (selector: string) =>
    [...document.querySelectorAll(selector)].map(node => node.textContent);
  const getTitles = () => getTexts('tbody th');
  const getHeader = (label: string) =>
    [...document.querySelectorAll('thead th')].find(
      header => header.textContent === label
    )!;
  const press = async (label: string) => {
    getHeader(label).querySelector('button')!.click();
    await nextTask();
  };

  it('is sorted by the column whose header was pressed, and says so', async () => {
    await render();
    expect(getTitles()).toEqual(['C', 'B', CARDS[2].title]);
    expect(getHeader('Section').getAttribute('aria-sort')).toBe('ascending');
    await press('Section');
    expect(getHeader('Section').getAttribute('aria-sort')).toBe('descending');
    expect(getTitles()).toEqual([CARDS[2].title, 'B', 'C']);
    await press('State');
    expect(getHeader('Section').hasAttribute('aria-sort')).toBe(false);
    expect(getTexts('tbody td:nth-of-type(2)')).toEqual([
      'Hidden',
      'Locked',
      'Shown'
    ]);
  });

  it('has the cards that have all words that were typed', async () => {
    await render({ query: ' NOT  zoo' });
    expect(getTitles()).toEqual([CARDS[2].title]);
    expect(getTexts('[role="status"]')).toEqual(['1 card']);
    await render({ query: 'not console' });
    expect(getTitles()).toEqual([]);
    expect(getTexts('[role="status"]')).toEqual(['No card has this text.']);
    await render({ cards: [] });
    expect(getTexts('[role="status"]')).toEqual([
      'There are no cards that you may know of.'
    ]);
  });

  it('writes the texts of others as texts, and makes no link of a script', async () => {
    await render({ query: 'zoo', hasDetails: true });
    expect(document.querySelector('img, b, a')).toBeNull();
    expect(document.body.textContent).toContain('<b>Not</b> for you');
    expect(document.body.textContent).toContain('Ask javascript:alert(1).');
  });

  it('has what rules match for those who may preview, and for no others', async () => {
    await render();
    expect(document.querySelector('dl')).toBeNull();
    await render({ hasDetails: true, query: 'console' });
    expect(getTexts('dt')).toEqual(['kernel', 'title', 'category', 'language']);
    document
      .querySelector<HTMLElement>('[aria-label="Copy C as a rule"]')!
      .click();
    expect(copied).toEqual([CARDS[1]]);
  });

  it('offers to ask for a group, and says what came of it', async () => {
    const cards = [createCard({ request: 'class' })];
    await render({ cards });
    expect(getTexts('a')).toEqual([]);
    const getJoinUrl = (group: string) => `/services/x/join/${group}`;
    const show = (request?: IJoinRequest) =>
      render({
        cards,
        requester: createRequester({ getJoinUrl, getRequest: () => request })
      });
    await show();
    expect(getTexts('a')).toEqual(['Ask to join class']);
    expect(document.querySelector('a')?.getAttribute('href')).toBe(
      '/services/x/join/class'
    );
    await show({ state: 'asked', asked_at: 0, answer: '' });
    expect(getTexts('td p').join()).toMatch('waits for a decision');
    await show({ state: 'declined', asked_at: 0, answer: '<b>Full</b>' });
    expect(getTexts('td p').join()).toMatch('declined: <b>Full</b>');
    expect(document.querySelector('b')).toBeNull();
  });
});
