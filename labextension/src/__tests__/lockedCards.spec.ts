import { LauncherModel } from '@jupyterlab/launcher';
import { nullTranslator } from '@jupyterlab/translation';
import { LockedCards } from '../access/lockedCards';
import { createCard } from './accessFixture';

describe('LockedCards', () => {
  let model: LauncherModel;
  let locked: LockedCards;

  beforeEach(() => {
    model = new LauncherModel();
    locked = new LockedCards(model, nullTranslator.load('jupyterlab'));
  });

  afterEach(() => model.dispose());

  const getItems = () => [...model.items()];

  it('adds each locked card to its section, and keeps those that stay', () => {
    const notebook = createCard({ locked: true });
    const console = createCard({ locked: true, category: 'Console' });
    locked.setCards([notebook, console], new Map());
    const before = getItems();
    expect(before.map(({ category }) => category)).toEqual([
      'Notebook',
      'Console'
    ]);
    const renderings = jest.fn();
    model.stateChanged.connect(renderings);
    locked.setCards([{ ...notebook }, { ...console }], new Map());
    expect(renderings).not.toHaveBeenCalled();
    locked.setCards([console], new Map());
    expect(getItems()).toEqual([before[1]]);
    // Its dialog must not say what it said before.
    locked.setCards([{ ...console, message: 'other' }], new Map());
    expect(getItems()[0]).not.toBe(before[1]);
    locked.setCards([], new Map());
    expect(getItems()).toEqual([]);
  });

  it('takes the place of the item that it hides', () => {
    const card = createCard({ id: 'page:0', locked: true, category: 'Other' });
    const pageCard = {
      card: { id: 'page:0', kind: 'command' as const },
      item: { command: 'c', category: 'Andere', rank: 7 }
    };
    locked.setCards([card], new Map([['page:0', pageCard]]));
    expect(getItems()).toMatchObject([{ category: 'Andere', rank: 7 }]);
  });
});
