import { preserveFocus } from '../preserveFocus';

describe('preserveFocus', () => {
  beforeEach(() => {
    document.body.innerHTML = `
      <div class="jp-Launcher">${['a', 'b', 'c']
        .map(
          id => `<div class="jp-LauncherCard" id="${id}" tabindex="0"></div>`
        )
        .join('')}</div>
      <button id="elsewhere"></button>`;
  });

  const byId = (id: string) => document.getElementById(id)!;
  const nextTask = () => new Promise(resolve => setTimeout(resolve));

  it('moves the focus to the card that takes the place of the focused one', async () => {
    byId('b').focus();
    preserveFocus(() => byId('b').remove());
    await nextTask();
    expect(document.activeElement).toBe(byId('c'));
  });

  it('moves the focus to the last card if the focused one was the last', async () => {
    byId('c').focus();
    // Launchers render later.
    preserveFocus(() => setTimeout(() => byId('c').remove()));
    await nextTask();
    await nextTask();
    expect(document.activeElement).toBe(byId('b'));
  });

  it('does not move the focus from a card that stays, or from elsewhere', async () => {
    byId('a').focus();
    preserveFocus(() => byId('b').remove());
    await nextTask();
    expect(document.activeElement).toBe(byId('a'));
    byId('elsewhere').focus();
    preserveFocus(() => byId('a').remove());
    await nextTask();
    expect(document.activeElement).toBe(byId('elsewhere'));
  });

  it('leaves the focus to the browser if no card is left', async () => {
    byId('a').focus();
    preserveFocus(() =>
      document.querySelector('.jp-Launcher')!.replaceChildren()
    );
    await nextTask();
    expect(document.activeElement).toBe(document.body);
  });
});
