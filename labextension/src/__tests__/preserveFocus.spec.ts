import { keepingFocus } from '../focus';

describe('keepingFocus', () => {
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
  const settled = () => new Promise(resolve => setTimeout(resolve));

  it('moves the focus to the card that takes the place', async () => {
    byId('b').focus();
    keepingFocus(() => byId('b').remove());
    await settled();
    expect(document.activeElement).toBe(byId('c'));
  });

  it('moves the focus to the last card from behind it', async () => {
    byId('c').focus();
    // Launchers draw themselves later.
    keepingFocus(() => setTimeout(() => byId('c').remove()));
    await settled();
    await settled();
    expect(document.activeElement).toBe(byId('b'));
  });

  it('leaves a card that stays, and a focus elsewhere, alone', async () => {
    byId('a').focus();
    keepingFocus(() => byId('b').remove());
    await settled();
    expect(document.activeElement).toBe(byId('a'));
    byId('elsewhere').focus();
    keepingFocus(() => byId('a').remove());
    await settled();
    expect(document.activeElement).toBe(byId('elsewhere'));
  });

  it('copes with a launcher that empties', async () => {
    byId('a').focus();
    keepingFocus(() =>
      document.querySelector('.jp-Launcher')!.replaceChildren()
    );
    await settled();
    expect(document.activeElement).toBe(document.body);
  });
});
