import { Notification } from '@jupyterlab/apputils';
import { Menu } from '@lumino/widgets';
import type { Card } from '../../wasm/scoped_launcher.js';
import { CommandFilter } from '../commands/commandFilter';
import { createContext, POLICY } from './engineFixture';
import { Page } from './stateFixture';

const CLASS = createContext(['class']);
const OTHER = createContext([]);

describe('CommandFilter', () => {
  let page: Page;
  let filter: CommandFilter | undefined;
  let refused: Card[];

  /** Applies the filter to a page with the commands of the tests. */
  const setUp = (hasLauncher = true, summary?: object) => {
    page = new Page(hasLauncher, summary);
    page.addCommand('terminal:create-new', args =>
      args.isPalette ? 'New Terminal' : 'Terminal'
    );
    page.addCommand('notebook:create-new');
    page.addCommand('console:create');
    page.addCommand('docmanager:save');
    page.addCommand('fileeditor:create-new');
    page.addCommand('server-proxy:open');
    refused = [];
    filter = new CommandFilter(page.commands, page.state, {
      refuse: card => {
        refused.push(card);
        return Promise.resolve(new Error('refused'));
      },
      opensRunning: args => args.path === 'running.ipynb'
    });
  };

  beforeEach(() => {
    jest.spyOn(console, 'warn').mockImplementation();
    setUp();
  });

  afterEach(() => {
    filter?.dispose();
    page.state.dispose();
    Notification.dismiss();
    jest.restoreAllMocks();
  });

  const isVisible = (command: string, args = {}) =>
    page.commands.isVisible(command, args);

  it('hides what the policy hides, in whatever place it is asked for', async () => {
    await page.start(OTHER);
    expect(isVisible('terminal:create-new')).toBe(false);
    expect(isVisible('terminal:create-new', { isPalette: true })).toBe(false);
    expect(page.commands.isEnabled('terminal:create-new')).toBe(false);
    expect(isVisible('notebook:create-new', { kernelName: 'class_a' })).toBe(
      false
    );
    expect(isVisible('server-proxy:open', { id: 'server-proxy:class-x' })).toBe(
      false
    );
    page.answer(CLASS);
    expect(isVisible('terminal:create-new')).toBe(true);
    expect(page.commands.isEnabled('terminal:create-new')).toBe(true);
    expect(isVisible('notebook:create-new', { kernelName: 'class_a' })).toBe(
      true
    );
    expect(isVisible('server-proxy:open', { id: 'server-proxy:class-x' })).toBe(
      true
    );
  });

  it('leaves what no rule matches, and what the extension itself hides', async () => {
    page.commands.addCommand('hidden', {
      describedBy: { args: null },
      isVisible: () => false,
      isEnabled: () => false,
      execute: () => undefined
    });
    await page.start(OTHER);
    expect(isVisible('docmanager:save')).toBe(true);
    expect(isVisible('notebook:create-new')).toBe(true);
    expect(isVisible('notebook:create-new', { kernelName: 'python3' })).toBe(
      true
    );
    expect(isVisible('hidden')).toBe(false);
    expect(page.commands.isEnabled('hidden')).toBe(false);
    expect(isVisible('unknown')).toBe(false);
  });

  it.each([
    ['no policy', { ...OTHER, policy: { state: 'none' } }],
    ['an invalid policy', { ...OTHER, policy: { state: 'invalid' } }],
    ['no answer', Object.assign(new Error('m'), { code: 'network' })]
  ])('leaves the menus as they are with %s', async (_, answer) => {
    await page.start(answer);
    expect(isVisible('docmanager:save')).toBe(true);
    expect(isVisible('terminal:create-new')).toBe(true);
    expect(await page.commands.execute('docmanager:save')).toBe(
      'docmanager:save'
    );
  });

  it('keeps closed what the policy governs while the permissions are not known', async () => {
    setUp(true, POLICY);
    page.startWaiting();
    expect(page.state.status).toBe('expired');
    expect(isVisible('terminal:create-new')).toBe(false);
    expect(isVisible('docmanager:save')).toBe(true);
    expect(await page.commands.execute('docmanager:save')).toBe(
      'docmanager:save'
    );
  });

  it('executes a hidden command as soon as it is known to be allowed', async () => {
    setUp(true, POLICY);
    page.startWaiting();
    const opened = page.commands.execute('terminal:create-new', { name: '1' });
    await new Promise(resolve => setTimeout(resolve, 5));
    page.answer(CLASS);
    expect(await opened).toBe('terminal:create-new');
    expect(refused).toEqual([]);
  });

  it('refuses a hidden command when it is known to be hidden, or cannot be', async () => {
    setUp(true, POLICY);
    page.startWaiting();
    const opened = page.commands.execute('terminal:create-new');
    page.answer(OTHER);
    await expect(opened).rejects.toThrow('refused');
    expect(refused).toMatchObject([
      { kind: 'command', name: 'terminal:create-new', title: 'Terminal' }
    ]);
    setUp(true, POLICY);
    const started = page.start(
      Object.assign(new Error('m'), { code: 'network' })
    );
    await expect(page.commands.execute('terminal:create-new')).rejects.toThrow(
      'refused'
    );
    await started;
  });

  it('does not run what it refuses, and does not say that it was run', async () => {
    await page.start(OTHER);
    const executed = jest.fn();
    page.commands.commandExecuted.connect(executed);
    const execution = page.commands.execute('terminal:create-new');
    await expect(execution).rejects.toThrow('refused');
    expect(executed).not.toHaveBeenCalled();
    await page.commands.execute('docmanager:save');
    expect(executed).toHaveBeenCalledTimes(1);
  });

  it('says why when a key binding runs a hidden command', async () => {
    await page.start(OTHER);
    page.commands.addKeyBinding({
      command: 'terminal:create-new',
      keys: ['Ctrl T'],
      selector: 'body'
    });
    document.body.addEventListener('keydown', event =>
      page.commands.processKeydownEvent(event)
    );
    document.body.dispatchEvent(
      new KeyboardEvent('keydown', {
        key: 't',
        keyCode: 84,
        ctrlKey: true,
        bubbles: true
      })
    );
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(refused).toMatchObject([{ name: 'terminal:create-new' }]);
  });

  it('lets what runs already be shown', async () => {
    await page.start(OTHER);
    const kernelPreference = { name: 'class_a' };
    expect(
      await page.commands.execute('console:create', {
        kernelPreference,
        path: 'running.ipynb'
      })
    ).toBe('console:create');
    await expect(
      page.commands.execute('console:create', { kernelPreference, path: 'x' })
    ).rejects.toThrow('refused');
  });

  it('takes a kernel for both of its cards, where the launcher has none', async () => {
    const rules = [
      {
        id: 'console',
        match: { kernel: 'a', category: 'Console' },
        show_when: { group: 'class' }
      },
      { id: 'both', match: { kernel: 'b' }, show_when: { group: 'class' } }
    ];
    await page.start(createContext([], { version: 1, rules }));
    const ask = (name: string) =>
      isVisible('console:create', { kernelPreference: { name } });
    expect(ask('a')).toBe(true);
    expect(ask('b')).toBe(false);
    page.model.add({
      command: 'console:create',
      args: { isLauncher: true, kernelPreference: { name: 'a' } },
      category: 'Console'
    });
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(ask('a')).toBe(false);
    expect(isVisible('notebook:create-new', { kernelName: 'a' })).toBe(true);
  });

  it('decides by the section and the tags of the card in the launcher', async () => {
    const rules = [
      { id: 'r', match: { category: 'Class' }, show_when: { group: 'class' } },
      { id: 't', match: { tag: 'exam' }, show_when: { group: 'class' } }
    ];
    page.addCommand('app:open');
    page.model.add({ command: 'app:open', args: { n: 1 }, category: 'Class' });
    page.model.add({
      command: 'app:open',
      args: { n: 2, m: 0 },
      metadata: { tags: ['exam'] }
    });
    await page.start(createContext([], { version: 1, rules }));
    expect(isVisible('app:open', { n: 1, isPalette: true })).toBe(false);
    expect(isVisible('app:open', { m: 0, n: 2, cwd: 'folder' })).toBe(false);
    expect(isVisible('app:open', { n: 3 })).toBe(true);
  });

  it('hides what has a hidden card where the policy hides by default, and nothing else', async () => {
    const rules = [
      {
        id: 'r',
        match: { command: 'fileeditor:*' },
        show_when: { always: true }
      }
    ];
    page.model.add({ command: 'terminal:create-new' });
    page.model.add({ command: 'fileeditor:create-new' });
    await page.start(createContext([], { version: 1, default: 'hide', rules }));
    expect(isVisible('terminal:create-new')).toBe(false);
    expect(isVisible('fileeditor:create-new')).toBe(true);
    expect(isVisible('docmanager:save')).toBe(true);
  });

  it.each([true, false])(
    'takes rules about any command for rules about cards (launcher: %s)',
    async hasLauncher => {
      filter?.dispose();
      setUp(hasLauncher);
      page.model.add({ command: 'server-proxy:open', args: { id: 'x' } });
      const rules = [
        {
          id: 'exam',
          match: { command: { include: '*', except: 'fileeditor:*' } },
          hide_when: { group: 'class' }
        }
      ];
      await page.start(createContext(['class'], { version: 1, rules }));
      expect(isVisible('terminal:create-new')).toBe(false);
      expect(isVisible('fileeditor:create-new')).toBe(true);
      expect(isVisible('docmanager:save')).toBe(true);
    }
  );

  it('follows labels that rules are about', async () => {
    let label = 'Exam';
    page.addCommand('app:open', () => label);
    const rules = [
      { id: 'r', match: { title: 'Exam' }, show_when: { group: 'class' } }
    ];
    await page.start(createContext([], { version: 1, rules }));
    expect(isVisible('app:open')).toBe(false);
    label = 'Notes';
    page.commands.notifyCommandChanged('app:open');
    expect(isVisible('app:open')).toBe(true);
  });

  it('lets menus and palettes ask again only when answers are others', async () => {
    await page.start(OTHER);
    isVisible('terminal:create-new');
    isVisible('docmanager:save');
    const changed = jest.fn();
    page.commands.commandChanged.connect(changed);
    page.answer(createContext(['unrelated']));
    page.model.add({ command: 'docmanager:save' });
    await new Promise(resolve => setTimeout(resolve, 5));
    expect(changed).not.toHaveBeenCalled();
    page.answer(CLASS);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(changed).toHaveBeenCalledWith(
      page.commands,
      expect.objectContaining({ type: 'many-changed' })
    );
  });

  it('bears arguments that are no JSON', async () => {
    await page.start(OTHER);
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(isVisible('docmanager:save', loop)).toBe(true);
    expect(isVisible('terminal:create-new', loop)).toBe(false);
    expect(page.commands.isVisible('docmanager:save', null as never)).toBe(
      true
    );
  });

  it('gives the commands back as they were', async () => {
    await page.start(OTHER);
    filter?.dispose();
    expect(isVisible('terminal:create-new')).toBe(true);
    expect(Object.keys(page.commands)).not.toContain('execute');
  });

  it('hides the entries of a real menu', async () => {
    await page.start(OTHER);
    const menu = new Menu({ commands: page.commands });
    menu.addItem({ command: 'terminal:create-new' });
    menu.addItem({ command: 'docmanager:save' });
    const getEntries = () => {
      menu.open(0, 0);
      const nodes = menu.node.querySelectorAll(
        '.lm-Menu-item:not(.lm-mod-hidden)'
      );
      const labels = [...nodes].map(node => node.textContent);
      menu.close();
      return labels;
    };
    expect(getEntries()).toEqual(['docmanager:save']);
    page.answer(CLASS);
    expect(getEntries()).toEqual(['Terminal', 'docmanager:save']);
    menu.dispose();
  });
});
