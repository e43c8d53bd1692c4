import type { JupyterFrontEnd } from '@jupyterlab/application';
import { LauncherModel } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { OPEN_COMMAND } from '../launcherItem';
import { PolicyCards } from '../policyCards';

const CARDS = [
  { kind: 'service', name: 'class-web', path: 'week1' },
  { kind: 'server', owner: 'profx', name: 'dash-1' },
  { kind: 'link', name: 'p', page: 'git-pull?repo=https%3A%2F%2Fx' },
  { kind: 'link', name: 'out', page: '//example.org/../../x' },
  { kind: 'link', name: 'f', file: 'week1/task.ipynb' },
  { kind: 'link', name: 'u', url: 'https://example.edu/a?b#c' },
  { kind: 'link', name: 'bad', url: 'javascript:alert(1)' },
  { kind: 'link', name: 'host', url: 'https:///example.edu' },
  { kind: 'link', name: 'nothing' },
  { kind: 'link', name: 'c', command: 'a:b', args: { x: 1 } }
].map(card => ({
  title: card.name,
  tags: [],
  open_in: 'tab',
  policy_card: card.name,
  ...card
}));

describe('PolicyCards', () => {
  let commands: CommandRegistry;
  let model: LauncherModel;
  let opened: string[];

  function createCards(hub: { host: string; prefix: string } | null) {
    commands = new CommandRegistry();
    model = new LauncherModel();
    const app = {
      commands,
      serviceManager: {
        serverSettings: ServerConnection.makeSettings({
          baseUrl: 'http://localhost/user/ann/'
        })
      }
    } as unknown as JupyterFrontEnd;
    return new PolicyCards(app, model, hub, nullTranslator.load('x'));
  }

  beforeEach(() => {
    opened = [];
    jest.spyOn(console, 'warn').mockImplementation();
    jest.spyOn(window, 'open').mockImplementation((url, target, features) => {
      opened.push(`${String(url)} ${target} ${features}`);
      return null;
    });
  });

  afterEach(() => jest.restoreAllMocks());

  const getNames = () =>
    [...model.items()].map(({ args }) => args?.policy_card);

  it('adds the cards that open something safe, and opens them', async () => {
    createCards({ host: '', prefix: '/hub/' }).setCards(JSON.stringify(CARDS));
    expect(getNames()).toEqual([
      'class-web',
      'dash-1',
      'p',
      'out',
      'f',
      'u',
      'c'
    ]);
    expect(jest.mocked(console.warn).mock.calls.flat()).toEqual([
      'Scoped launcher: the card bad is not shown: its url does not start with https:// or http://: javascript:alert(1)',
      'Scoped launcher: the card host is not shown: its url does not start with https:// or http://: https:///example.edu',
      'Scoped launcher: the card nothing is not shown: it does not say what it opens'
    ]);
    const executed: unknown[] = [];
    for (const id of ['a:b', 'filebrowser:open-path']) {
      commands.addCommand(id, {
        describedBy: { args: null },
        execute: args => void executed.push([id, args])
      });
    }
    for (const { command, args } of [...model.items()]) {
      await commands.execute(command, args);
    }
    expect(opened).toEqual([
      '/services/class-web/week1 _blank noopener,noreferrer',
      '/hub/user/profx/dash-1/ _blank noopener,noreferrer',
      'http://localhost/user/ann/git-pull?repo=https%3A%2F%2Fx _blank noopener,noreferrer',
      'http://localhost/user/ann/x _blank noopener,noreferrer',
      'https://example.edu/a?b#c _blank noopener,noreferrer'
    ]);
    expect(executed).toEqual([
      ['filebrowser:open-path', { path: 'week1/task.ipynb' }],
      ['a:b', { x: 1 }]
    ]);
  });

  it('adds no cards of services and servers without a Hub', () => {
    createCards(null).setCards(JSON.stringify(CARDS));
    expect(getNames()).toEqual(['p', 'out', 'f', 'u', 'c']);
  });

  it('replaces the cards that change, and no others', () => {
    const cards = createCards(null);
    cards.setCards(JSON.stringify(CARDS));
    const renderings = jest.fn();
    model.stateChanged.connect(renderings);
    cards.setCards(JSON.stringify(CARDS));
    expect(renderings).not.toHaveBeenCalled();
    const before = [...model.items()];
    const changed = CARDS.filter(({ name }) => name !== 'f').map(card =>
      card.name === 'p' ? { ...card, title: 'P' } : card
    );
    cards.setCards(JSON.stringify(changed));
    const after = [...model.items()];
    expect(getNames()).toEqual(['out', 'u', 'c', 'p']);
    expect(after.filter(item => before.includes(item))).toHaveLength(3);
    cards.setCards('[]');
    expect(getNames()).toEqual([]);
  });

  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,x',
    'blob:http://localhost/x',
    'file:///etc/passwd',
    'vbscript:x',
    '//example.org/',
    '/hub/logout',
    ''
  ])('opens no page at the URL %j, whoever runs the command', async url => {
    createCards(null).setCards('[]');
    await commands.execute(OPEN_COMMAND, { kind: 'link', name: 'x', url });
    await commands.execute(OPEN_COMMAND, {
      ...{ kind: 'link', name: 'x', url, open_in: 'lab' }
    });
    expect(opened).toEqual([]);
  });

  it('writes the texts of cards as text', () => {
    createCards(null).setCards(
      JSON.stringify([{ ...CARDS[4], title: '<b>x</b>', description: '<i>' }])
    );
    const [{ command, args }] = [...model.items()];
    expect(command).toBe(OPEN_COMMAND);
    expect(commands.label(command, args)).toBe('<b>x</b>');
    expect(commands.caption(command, args)).toBe('<i>');
  });

  it('marks the cards that open a tab of the browser, and no others', () => {
    createCards({ host: '', prefix: '/hub/' }).setCards(
      JSON.stringify([
        ...CARDS,
        { ...CARDS[0], policy_card: 'in-lab', open_in: 'lab' }
      ])
    );
    const marked = [...model.items()].filter(({ command, args }) =>
      (commands.icon(command, args) as LabIcon).svgstr.includes('newTab')
    );
    const said = [...model.items()].filter(({ command, args }) =>
      commands.caption(command, args).includes('new browser tab')
    );
    expect(said).toEqual(marked);
    expect(marked.map(({ args }) => args?.policy_card)).toEqual([
      'class-web',
      'dash-1',
      'p',
      'out',
      'u'
    ]);
  });
});
