import type { ReadonlyJSONObject } from '@lumino/coreutils';
import {
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { tagsOf, toCard } from '../cards';

const trans = nullTranslator.load('jupyterlab');

describe('toCard', () => {
  it("takes JupyterLab's kernel cards for kernels", () => {
    const kernel = { language: 'python', tags: ['exam', 7] };
    expect(
      toCard(
        {
          command: 'notebook:create-new',
          args: { isLauncher: true, kernelName: 'python3' },
          category: 'Notebook',
          metadata: { kernel }
        },
        trans
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
        trans
      )
    ).toMatchObject({ kind: 'kernel', name: 'ir', category: 'Console' });
  });

  it("takes other extensions' kernel cards for kernels", () => {
    const shapes: ReadonlyJSONObject[] = [
      { kernelName: 'k' },
      { kernelPreference: { name: 'k' } }
    ];
    for (const args of shapes) {
      expect(toCard({ command: 'other:open', args }, trans)).toMatchObject({
        kind: 'kernel',
        name: 'k',
        command: 'other:open'
      });
    }
  });

  it('takes a kernel command that names no kernel for a command', () => {
    const shapes: (ReadonlyJSONObject | undefined)[] = [
      undefined,
      {},
      { kernelName: '' },
      { kernelName: null },
      { kernelPreference: {} }
    ];
    for (const args of shapes) {
      expect(
        toCard({ command: 'notebook:create-new', args }, trans)
      ).toMatchObject({ kind: 'command', name: 'notebook:create-new' });
    }
  });

  it('takes entries of jupyter-server-proxy for proxies', () => {
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
        trans
      )
    ).toMatchObject({ kind: 'proxy', name: 'class-tools' });
  });

  it("takes the policy's own cards for services and servers", () => {
    const command = 'scoped-launcher:open';
    expect(
      toCard({ command, args: { kind: 'service', name: 'web' } }, trans)
    ).toMatchObject({ kind: 'service', name: 'web' });
    expect(
      toCard(
        { command, args: { kind: 'server', owner: 'pi', name: 'dash-1' } },
        trans
      )
    ).toMatchObject({
      id: 'server:pi/dash-1',
      kind: 'server',
      owner: 'pi',
      name: 'dash-1'
    });
  });

  it('takes everything else for commands, whatever its metadata', () => {
    expect(
      toCard(
        { command: 'terminal:create-new', metadata: { tags: ['t'] } },
        trans
      )
    ).toEqual({
      id: 'command:terminal:create-new',
      kind: 'command',
      name: 'terminal:create-new',
      category: 'Other',
      command: 'terminal:create-new',
      tags: ['t']
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
    ['scoped-launcher:open', { kind: 'planet', name: 'x' }]
  ])('cannot tell what %s with %j opens', (command, args) => {
    expect(toCard({ command, args }, trans)).toBeNull();
  });

  it("keeps the names of JupyterLab's categories English", () => {
    const german: Record<string, string> = {
      Notebook: 'Notizbuch',
      Console: 'Konsole',
      Other: 'Andere'
    };
    const translated = {
      __: (text: string) => german[text] ?? text
    } as TranslationBundle;
    const categoryOf = (category?: string) =>
      toCard({ command: 'c', category }, translated)?.category;
    expect(categoryOf('Notizbuch')).toBe('Notebook');
    expect(categoryOf('Konsole')).toBe('Console');
    expect(categoryOf('Andere')).toBe('Other');
    expect(categoryOf(undefined)).toBe('Other');
    expect(categoryOf('Class 1234')).toBe('Class 1234');
  });
});

describe('tagsOf', () => {
  it.each([null, undefined, 5, 'tags', {}, { tags: 'exam' }, { tags: null }])(
    'finds none in %j',
    metadata => {
      expect(tagsOf(metadata)).toEqual([]);
    }
  );
});
