import { nullTranslator } from '@jupyterlab/translation';
import { Announcer } from '../access/announcer';

describe('Announcer', () => {
  let announcer: Announcer;

  beforeEach(() => {
    jest.useFakeTimers();
    announcer = new Announcer(nullTranslator.load('x'));
  });

  afterEach(() => {
    announcer.dispose();
    jest.useRealTimers();
  });

  const getMessage = () =>
    document.querySelector('[role="status"]')?.textContent;
  const update = (...categories: string[]) =>
    announcer.update(categories.map(category => ({ command: 'c', category })));
  const wait = () => jest.advanceTimersByTime(2000);

  it('says nothing of the cards that are there at first', () => {
    update('Notebook', 'Other');
    wait();
    expect(getMessage()).toBe('');
  });

  it('says by section what has come and gone, in one message', () => {
    update('Notebook', 'Other', 'Other');
    wait();
    update('Notebook', 'Class 1234', 'Class 1234', 'Class 1234', 'Other');
    wait();
    expect(getMessage()).toBe(
      'Other: 1 card removed. Class 1234: 3 cards added.'
    );
  });

  it('collects changes that follow each other at once', () => {
    update('Notebook', 'Other');
    wait();
    // JupyterLab reads the kernelspecs again.
    update('Other');
    update('Notebook', 'Other');
    wait();
    expect(getMessage()).toBe('');
    update('Other');
    update('Notebook', 'Notebook', 'Other');
    wait();
    expect(getMessage()).toBe('Notebook: 1 card added.');
  });

  it('says nothing of locked cards', () => {
    update('Other');
    wait();
    announcer.update([
      { command: 'c', category: 'Other' },
      { command: 'scoped-launcher:explain-card', category: 'Class' }
    ]);
    wait();
    expect(getMessage()).toBe('');
  });
});
