import { type ILauncher, LauncherModel } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { EngineMind } from '../engine';
import { Gate } from '../gate';
import { contextOf, newEngine } from './engineOfTests';

const trans = nullTranslator.load('jupyterlab');

function launcher(): { model: LauncherModel; gate: Gate } {
  const model = new LauncherModel();
  const gate = new Gate(model);
  model.add({
    command: 'notebook:create-new',
    args: { kernelName: 'class_1' }
  });
  model.add({
    command: 'notebook:create-new',
    args: { kernelName: 'python3' }
  });
  model.add({ command: 'terminal:create-new' });
  return { model, gate };
}

function shown(model: ILauncher.IModel): string[] {
  return [...model.items()].map(
    ({ command, args }) => (args?.kernelName as string) ?? command
  );
}

describe('Gate', () => {
  it('shows nothing without a judge', () => {
    const { model, gate } = launcher();
    expect(shown(model)).toEqual([]);
    expect(gate.update()).toBe(false);
  });

  it('shows what the judge shows, and draws again when that changes', () => {
    const { model, gate } = launcher();
    const redraws = jest.fn();
    model.stateChanged.connect(redraws);
    gate.judge = { judge: items => items.map((_, i) => i !== 1) };
    expect(gate.update()).toBe(true);
    expect(redraws).toHaveBeenCalledTimes(1);
    expect(shown(model)).toEqual(['class_1', 'terminal:create-new']);
    expect(gate.update()).toBe(false);
    gate.judge = { judge: items => items.map(() => false) };
    expect(gate.update()).toBe(true);
    expect(redraws).toHaveBeenCalledTimes(2);
    expect(shown(model)).toEqual([]);
  });

  it('hides what the judge does not mention', () => {
    const { model, gate } = launcher();
    gate.judge = { judge: () => [true] };
    expect(shown(model)).toEqual(['class_1']);
  });

  it('asks about a card before it is ever drawn', () => {
    const { model, gate } = launcher();
    const drawn: string[][] = [];
    model.stateChanged.connect(() => drawn.push(shown(model)));
    gate.judge = {
      judge: items => items.map(({ command }) => command !== 'evil')
    };
    const evil = model.add({ command: 'evil' });
    model.add({ command: 'good' });
    evil.dispose();
    expect(drawn.flat()).not.toContain('evil');
    expect(drawn.at(-1)).toContain('good');
  });
});

describe('Gate with the engine', () => {
  function governed() {
    const { model, gate } = launcher();
    const engine = newEngine();
    const mind = new EngineMind(engine, ServerConnection.makeSettings(), trans);
    gate.judge = mind;
    return { model, gate, engine, mind };
  }

  it('shows nothing until the engine knows something', () => {
    const { model } = governed();
    expect(shown(model)).toEqual([]);
  });

  it('follows the facts, and cards that come and go', () => {
    const { model, gate, engine } = governed();
    engine.set_context(contextOf([]));
    expect(gate.update()).toBe(true);
    expect(shown(model)).toEqual(['python3']);
    const late = model.add({
      command: 'other:open',
      args: { kernelName: 'class_2' }
    });
    expect(shown(model)).toEqual(['python3']);
    engine.set_context(contextOf(['class']));
    expect(gate.update()).toBe(true);
    expect(shown(model)).toEqual([
      'class_1',
      'python3',
      'terminal:create-new',
      'class_2'
    ]);
    late.dispose();
    expect(shown(model)).toHaveLength(3);
    engine.set_context(contextOf(['class']));
    expect(gate.update()).toBe(false);
  });

  it('hides a card that it cannot understand, unless nothing is governed', () => {
    const { model, engine } = governed();
    model.add({ command: 'server-proxy:open', args: { id: 5 } });
    engine.set_context(contextOf(['class']));
    expect(shown(model)).not.toContain('server-proxy:open');
    engine.set_context({ ...contextOf([]), policy: { state: 'missing' } });
    expect(shown(model)).toContain('server-proxy:open');
    expect(shown(model)).toHaveLength(4);
  });

  it('tells the engine which kernels exist', () => {
    const { model, engine, mind } = governed();
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
    engine.set_context(contextOf([], document));
    mind.setKernelspecs({ default: 'class_1', kernelspecs: {} });
    expect(shown(model)).not.toContain('terminal:create-new');
    mind.setKernelspecs({ default: 'class_1', kernelspecs: { class_1: spec } });
    expect(shown(model)).toContain('terminal:create-new');
  });
});
