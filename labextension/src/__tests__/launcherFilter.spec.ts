import { type ILauncher, LauncherModel } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import { WasmDecisionSource } from '../engine';
import { LauncherFilter } from '../launcherFilter';
import {
  createContext,
  createEngine,
  createTexts,
  toBytes
} from './engineFixture';

function createLauncher(): { model: LauncherModel; filter: LauncherFilter } {
  const model = new LauncherModel();
  const filter = new LauncherFilter(model);
  model.add({
    command: 'notebook:create-new',
    args: { kernelName: 'class_1' }
  });
  model.add({
    command: 'notebook:create-new',
    args: { kernelName: 'python3' }
  });
  model.add({ command: 'terminal:create-new' });
  return { model, filter };
}

function getShown(model: ILauncher.IModel): string[] {
  return [...model.items()].map(
    ({ command, args }) => (args?.kernelName as string) ?? command
  );
}

describe('LauncherFilter', () => {
  it('shows nothing without a decider', () => {
    const { model, filter } = createLauncher();
    expect(getShown(model)).toEqual([]);
    expect(filter.update()).toBe(false);
  });

  it('shows what the decider shows, and renders again when that changes', () => {
    const { model, filter } = createLauncher();
    const renderings = jest.fn();
    model.stateChanged.connect(renderings);
    filter.decider = { decide: items => items.map((_, i) => i !== 1) };
    expect(filter.update()).toBe(true);
    expect(renderings).toHaveBeenCalledTimes(1);
    expect(getShown(model)).toEqual(['class_1', 'terminal:create-new']);
    expect(filter.update()).toBe(false);
    filter.decider = { decide: items => items.map(() => false) };
    expect(filter.update()).toBe(true);
    expect(renderings).toHaveBeenCalledTimes(2);
    expect(getShown(model)).toEqual([]);
  });

  it('hides items that the decider does not answer about', () => {
    const { model, filter } = createLauncher();
    filter.decider = { decide: () => [true] };
    expect(getShown(model)).toEqual(['class_1']);
  });

  it('leaves no section with a placeholder alone', () => {
    const { model, filter } = createLauncher();
    const category = 'Week 1';
    model.add({ command: 'launcher-links:plugin:sentinel-week 1', category });
    model.add({ command: 'launcher-links:plugin:notes', category });
    filter.decider = { decide: items => items.map(() => true) };
    expect(getShown(model).slice(3)).toEqual([
      'launcher-links:plugin:sentinel-week 1',
      'launcher-links:plugin:notes'
    ]);
    filter.decider = {
      decide: items => items.map(({ command }) => !command.endsWith('notes'))
    };
    expect(getShown(model)).toEqual([
      'class_1',
      'python3',
      'terminal:create-new'
    ]);
  });

  it('gives items the rank of their section, without changing the items or replacing the cards', () => {
    const { model, filter } = createLauncher();
    model.add({ command: 'c:lass', category: 'Class 1234' });
    model.add({ command: 'o:ther', category: 'Other', categoryRank: 7 });
    filter.decider = { decide: items => items.map(() => true) };
    const before = [...model.items()];
    const none = [undefined, undefined, undefined];
    const getRanks = () => [...model.items()].map(item => item.categoryRank);
    expect(getRanks()).toEqual([...none, undefined, 7]);
    const renderings = jest.fn();
    model.stateChanged.connect(renderings);
    filter.getSectionRank = category =>
      category === 'Class 1234' ? -1 : undefined;
    expect(filter.update()).toBe(true);
    expect(renderings).toHaveBeenCalledTimes(1);
    expect(getRanks()).toEqual([...none, -1, 7]);
    expect(filter.update()).toBe(false);
    // Launchers know items by identity: other objects would be other cards, without the keyboard focus.
    [...model.items()].forEach((item, i) => expect(item).toBe(before[i]));
    expect(filter.getAllItems()[3]).not.toHaveProperty('categoryRank');
    filter.getSectionRank = () => undefined;
    expect(filter.update()).toBe(true);
    expect(getRanks()).toEqual([...none, undefined, 7]);
  });

  it('returns hidden items only when asked for all', () => {
    const { filter } = createLauncher();
    filter.decider = { decide: items => items.map((_, i) => i === 2) };
    expect(filter.getShownItems()).toHaveLength(1);
    expect(filter.getAllItems()).toHaveLength(3);
  });

  it('decides on a card before it is rendered', () => {
    const { model, filter } = createLauncher();
    const rendered: string[][] = [];
    model.stateChanged.connect(() => rendered.push(getShown(model)));
    filter.decider = {
      decide: items => items.map(({ command }) => command !== 'hidden')
    };
    const hidden = model.add({ command: 'hidden' });
    model.add({ command: 'shown' });
    hidden.dispose();
    expect(rendered.flat()).not.toContain('hidden');
    expect(rendered.at(-1)).toContain('shown');
  });
});

describe('LauncherFilter with the engine', () => {
  function createWithEngine(labels: Record<string, string> = {}) {
    const { model, filter } = createLauncher();
    const engine = createEngine();
    const texts = createTexts(labels);
    const source = new WasmDecisionSource(
      engine,
      ServerConnection.makeSettings(),
      texts
    );
    filter.decider = source;
    return { model, filter, engine, source, commands: texts.commands };
  }

  /** A policy that hides what a matcher matches. */
  const hide = (match: object) =>
    toBytes(
      createContext([], {
        version: 1,
        rules: [{ id: 'r', match, hide_when: { always: true } }]
      })
    );

  it('shows nothing until the engine has a context', () => {
    const { model } = createWithEngine();
    expect(getShown(model)).toEqual([]);
  });

  it('follows the context, and items that are added and removed', () => {
    const { model, filter, engine } = createWithEngine();
    engine.setContext(toBytes(createContext([])));
    expect(filter.update()).toBe(true);
    expect(getShown(model)).toEqual(['python3']);
    const late = model.add({
      command: 'other:open',
      args: { kernelName: 'class_2' }
    });
    expect(getShown(model)).toEqual(['python3']);
    engine.setContext(toBytes(createContext(['class'])));
    expect(filter.update()).toBe(true);
    expect(getShown(model)).toEqual([
      'class_1',
      'python3',
      'terminal:create-new',
      'class_2'
    ]);
    late.dispose();
    expect(getShown(model)).toHaveLength(3);
    engine.setContext(toBytes(createContext(['class'])));
    expect(filter.update()).toBe(false);
  });

  it('hides an item that it cannot describe to the engine, unless there is no policy', () => {
    const { model, engine } = createWithEngine();
    model.add({ command: 'server-proxy:open', args: { id: 5 } });
    engine.setContext(toBytes(createContext(['class'])));
    expect(getShown(model)).not.toContain('server-proxy:open');
    engine.setContext(
      toBytes({ ...createContext([]), policy: { state: 'missing' } })
    );
    expect(getShown(model)).toContain('server-proxy:open');
    expect(getShown(model)).toHaveLength(4);
  });

  it('follows labels that come after their items, and that fail', () => {
    const { model, filter } = createLauncher();
    const texts = createTexts({});
    const engine = createEngine();
    filter.decider = new WasmDecisionSource(
      engine,
      ServerConnection.makeSettings(),
      texts
    );
    const rule = {
      id: 'exam',
      match: { title: 'Terminal' },
      hide_when: { group: 'exam' }
    };
    const document = { version: 1, rules: [rule] };
    engine.setContext(toBytes(createContext(['exam'], document)));
    expect(getShown(model)).toContain('terminal:create-new');
    texts.commands.addCommand('terminal:create-new', {
      label: 'Terminal',
      describedBy: { args: null },
      execute: () => undefined
    });
    expect(getShown(model)).toEqual(['class_1', 'python3']);
    jest.spyOn(console, 'warn').mockImplementation();
    texts.commands.addCommand('other:open', {
      label: () => {
        throw new Error('no label');
      },
      describedBy: { args: null },
      execute: () => undefined
    });
    model.add({ command: 'other:open' });
    expect(getShown(model)).toEqual(['class_1', 'python3', 'other:open']);
  });

  it('passes the kernels to the engine', () => {
    const { model, engine, source } = createWithEngine();
    const document = {
      version: 1,
      rules: [
        {
          id: 'r',
          match: { command: 'terminal:*' },
          show_when: { kernel: 'class_1' }
        }
      ]
    };
    const spec = {
      name: 'class_1',
      display_name: 'Class 1',
      language: 'python',
      argv: [],
      resources: {}
    };
    engine.setContext(toBytes(createContext([], document)));
    source.setKernelspecs({ default: 'class_1', kernelspecs: {} });
    expect(getShown(model)).not.toContain('terminal:create-new');
    source.setKernelspecs({
      default: 'class_1',
      kernelspecs: { class_1: spec }
    });
    expect(getShown(model)).toContain('terminal:create-new');
  });

  it('decides by the title of a card, the language of its kernel, and the arguments of its command', () => {
    const { model, engine, source } = createWithEngine({
      'terminal:create-new': 'Terminal',
      'file:create': 'A file'
    });
    const args = { fileExt: 'r', options: { z: 1, a: [true, null] } };
    model.add({ command: 'file:create', args });
    model.add({ command: 'file:create', args: { fileExt: 'py' } });
    const spec = {
      name: 'python3',
      display_name: 'Python 3',
      language: 'python',
      argv: [],
      resources: {}
    };
    source.setKernelspecs({
      default: 'python3',
      kernelspecs: { python3: spec }
    });
    const shown = (match: object) => {
      engine.setContext(hide(match));
      return getShown(model);
    };
    const all = [
      'class_1',
      'python3',
      'terminal:create-new',
      'file:create',
      'file:create'
    ];
    expect(shown({ title: 'No such title' })).toEqual(all);
    expect(shown({ title: 'Term*' })).not.toContain('terminal:create-new');
    expect(shown({ title: 'Python 3' })).not.toContain('python3');
    expect(shown({ language: 'python' })).not.toContain('python3');
    expect(shown({ language: 'R' })).toEqual(all);
    const file = { command: 'file:create' };
    expect(shown({ ...file, args: { fileExt: 'r' } })).toHaveLength(4);
    expect(shown({ ...file, args: { fileExt: '*' } })).toHaveLength(3);
    expect(shown({ ...file, args: { fileExt: 'm' } })).toHaveLength(5);
    expect(
      shown({ ...file, args: { options: '{"a":[true,null],"z":1}' } })
    ).toHaveLength(4);
  });

  it('follows the label of a command when it changes', () => {
    const { model, engine, commands } = createWithEngine();
    let label = 'Old';
    commands.addCommand('terminal:create-new', {
      label: () => label,
      describedBy: { args: null },
      execute: () => undefined
    });
    engine.setContext(hide({ title: 'New' }));
    expect(getShown(model)).toContain('terminal:create-new');
    label = 'New';
    commands.notifyCommandChanged('terminal:create-new');
    expect(getShown(model)).not.toContain('terminal:create-new');
  });

  it('passes cards to the engine only when they change', () => {
    const { model, engine, commands } = createWithEngine();
    const setCards = jest.spyOn(engine, 'setCards');
    getShown(model);
    getShown(model);
    commands.notifyCommandChanged();
    getShown(model);
    expect(setCards).toHaveBeenCalledTimes(1);
  });
});
