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

  it('gives items the rank of their section, and stays with the same copies', () => {
    const { model, filter } = createLauncher();
    model.add({ command: 'c:lass', category: 'Class 1234' });
    filter.decider = { decide: items => items.map(() => true) };
    const given = [...model.items()];
    filter.getSectionRank = category =>
      category === 'Class 1234' ? -1 : undefined;
    expect(filter.update()).toBe(true);
    const ranked = [...model.items()];
    expect(ranked.slice(0, 3)).toEqual(given.slice(0, 3));
    expect(ranked[3]).toEqual({ ...given[3], categoryRank: -1 });
    expect(given[3]).not.toHaveProperty('categoryRank');
    expect(filter.update()).toBe(false);
    expect([...model.items()][3]).toBe(ranked[3]);
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
  function createWithEngine() {
    const { model, filter } = createLauncher();
    const engine = createEngine();
    const source = new WasmDecisionSource(
      engine,
      ServerConnection.makeSettings(),
      createTexts()
    );
    filter.decider = source;
    return { model, filter, engine, source };
  }

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
      execute: () => undefined
    });
    expect(getShown(model)).toEqual(['class_1', 'python3']);
    jest.spyOn(console, 'warn').mockImplementation();
    texts.commands.addCommand('other:open', {
      label: () => {
        throw new Error('no label');
      },
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
});
