import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { getTags, toCard } from '../launcherItem';
import { createTexts } from './engineFixture';

const texts = createTexts({
  'terminal:create-new': 'Terminal',
  'server-proxy:open': 'Tools'
});

describe('toCard', () => {
  it("describes JupyterLab's kernel cards as kernels", () => {
    const kernel = { language: 'python', tags: ['exam', 7] };
    expect(
      toCard(
        {
          command: 'notebook:create-new',
          args: { isLauncher: true, kernelName: 'python3' },
          category: 'Notebook',
          metadata: { kernel }
        },
        texts
      )
    ).toEqual({
      id: 'kernel:python3',
      kind: 'kernel',
      name: 'python3',
      category: 'Notebook',
      command: 'notebook:create-new',
      tags: ['exam']
    });
    expect(
      toCard(
        {
          command: 'console:create',
          args: { isLauncher: true, kernelPreference: { name: 'ir' } },
          category: 'Console'
        },
        texts
      )
    ).toMatchObject({ kind: 'kernel', name: 'ir', category: 'Console' });
  });

  it("describes other extensions' kernel cards as kernels", () => {
    const argsList: ReadonlyJSONObject[] = [
      { kernelName: 'k' },
      { kernelPreference: { name: 'k' } }
    ];
    for (const args of argsList) {
      expect(toCard({ command: 'other:open', args }, texts)).toMatchObject({
        kind: 'kernel',
        name: 'k',
        command: 'other:open'
      });
    }
  });

  it('describes a kernel command without a kernel name as a command', () => {
    const argsList: (ReadonlyJSONObject | undefined)[] = [
      undefined,
      {},
      { kernelName: '' },
      { kernelName: null },
      { kernelPreference: {} }
    ];
    for (const args of argsList) {
      expect(
        toCard({ command: 'notebook:create-new', args }, texts)
      ).toMatchObject({ kind: 'command', name: 'notebook:create-new' });
    }
  });

  it('describes entries of jupyter-server-proxy as proxies', () => {
    expect(
      toCard(
        {
          command: 'server-proxy:open',
          args: {
            id: 'server-proxy:class-tools',
            title: 'Tools',
            url: '/class-tools/',
            newBrowserTab: true
          },
          category: 'Notebook'
        },
        texts
      )
    ).toMatchObject({
      kind: 'proxy',
      name: 'class-tools',
      title: 'Tools',
      args: undefined
    });
  });

  it("describes the policy's own cards as services and servers", () => {
    const command = 'scoped-launcher:open';
    expect(
      toCard({ command, args: { kind: 'service', name: 'web' } }, texts)
    ).toMatchObject({ kind: 'service', name: 'web' });
    expect(
      toCard(
        { command, args: { kind: 'server', owner: 'pi', name: 'dash-1' } },
        texts
      )
    ).toMatchObject({
      id: 'server:pi/dash-1',
      kind: 'server',
      owner: 'pi',
      name: 'dash-1'
    });
  });

  it("describes the policy's links, with the arguments of their commands", () => {
    const command = 'scoped-launcher:open';
    const args = {
      kind: 'link',
      name: 'r',
      policy_card: 'r',
      title: 'R-Skript',
      policy_title: 'R script',
      command: 'fileeditor:create-new',
      args: { fileExt: 'r' }
    };
    const commands = createTexts({ [command]: 'R-Skript' }).commands;
    expect(toCard({ command, args }, { ...texts, commands })).toMatchObject({
      id: 'link:r',
      kind: 'link',
      name: 'r',
      policy_card: 'r',
      title: 'R-Skript',
      policy_title: 'R script',
      args: { fileExt: 'r' }
    });
  });

  it('gives the arguments of commands as JSON with sorted names', () => {
    const args = { b: [1, { d: null, c: 'x' }], a: true };
    const card = toCard({ command: 'x:y', args }, texts);
    expect(JSON.stringify(card?.args)).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}'
    );
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(
      toCard({ command: 'x:y', args: circle as ReadonlyJSONObject }, texts)
        ?.args
    ).toBeUndefined();
  });

  it.each([
    [
      { a: undefined, b: () => 1, c: NaN, d: 'x' },
      { c: null, d: 'x' }
    ],
    [{ a: BigInt(1) }, undefined],
    [[1], undefined],
    [{ toJSON: () => 'text' }, undefined]
  ])('drops what is no JSON from arguments (case %#)', (args, expected) => {
    const item = {
      command: 'x:y',
      args: args as unknown as ReadonlyJSONObject
    };
    expect(toCard(item, texts)?.args).toEqual(expected);
  });

  it('has no title for a command without a label, or with one that cannot be computed', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const { commands } = createTexts({ empty: '' });
    const command = {
      describedBy: { args: null },
      execute: () => undefined
    };
    commands.addCommand('fails', {
      ...command,
      label: () => {
        throw new Error('m');
      }
    });
    commands.addCommand('number', {
      ...command,
      label: () => 5 as unknown as string
    });
    for (const command of ['empty', 'fails', 'number', 'unknown']) {
      expect(toCard({ command }, { ...texts, commands })?.title).toBe(
        undefined
      );
    }
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  it("uses the English texts of JupyterLab's items", () => {
    const translated = {
      __: (text: string) => (text === 'Terminal' ? 'Konsole' : text)
    } as TranslationBundle;
    const texts = {
      ...createTexts({ t: 'Konsole', o: 'Anderes' }),
      trans: translated
    };
    const getTitle = (command: string) => toCard({ command }, texts)?.title;
    expect(getTitle('t')).toBe('Terminal');
    expect(getTitle('o')).toBe('Anderes');
    expect(getTitle('unknown')).toBeUndefined();
  });

  it('describes every other item as a command, whatever its metadata', () => {
    expect(
      toCard(
        { command: 'terminal:create-new', metadata: { tags: ['t'] } },
        texts
      )
    ).toEqual({
      id: 'command:terminal:create-new',
      kind: 'command',
      name: 'terminal:create-new',
      category: 'Other',
      command: 'terminal:create-new',
      tags: ['t'],
      title: 'Terminal'
    });
  });

  it.each([
    ['notebook:create-new', { kernelName: 5 }],
    ['notebook:create-new', { kernelName: { name: 'k' } }],
    ['console:create', { kernelPreference: { name: ['k'] } }],
    ['server-proxy:open', {}],
    ['server-proxy:open', { id: 'class-tools' }],
    ['server-proxy:open', { id: 5 }],
    ['scoped-launcher:open', {}],
    ['scoped-launcher:open', { kind: 'server', name: 'x' }],
    ['scoped-launcher:open', { kind: 'planet', name: 'x' }],
    ['scoped-launcher:open', { kind: 'profile', name: 'x' }],
    ['scoped-launcher:open', { kind: 'kernel', name: 'x' }]
  ])('returns null for %s with %j', (command, args) => {
    expect(toCard({ command, args }, texts)).toBeNull();
  });

  it("uses the English names of JupyterLab's categories", () => {
    const german: Record<string, string> = {
      Notebook: 'Notizbuch',
      Console: 'Konsole',
      Other: 'Andere'
    };
    const translated = {
      __: (text: string) => german[text] ?? text
    } as TranslationBundle;
    const getCategory = (category?: string) =>
      toCard({ command: 'c', category }, { ...texts, trans: translated })
        ?.category;
    expect(getCategory('Notizbuch')).toBe('Notebook');
    expect(getCategory('Konsole')).toBe('Console');
    expect(getCategory('Andere')).toBe('Other');
    expect(getCategory(undefined)).toBe('Other');
    expect(getCategory('Class 1234')).toBe('Class 1234');
  });
});

describe('getTags', () => {
  it.each([null, undefined, 5, 'tags', {}, { tags: 'exam' }, { tags: null }])(
    'returns none for %j',
    metadata => {
      expect(getTags(metadata)).toEqual([]);
    }
  );
});
