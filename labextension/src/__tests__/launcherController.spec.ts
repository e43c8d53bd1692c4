import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { LauncherModel } from '@jupyterlab/launcher';
import { type KernelSpec, ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { Engine, ICard, IStatus } from '../../wasm/scoped_launcher.js';
import { EngineMind } from '../engine';
import { Gate } from '../gate';
import { LauncherGuard } from '../guard';
import { OwnCards } from '../ownCards';
import { StandIn } from '../standIn';
import { TroubleTeller } from '../trouble';
import { contextOf, newEngine, POLICY } from './engineOfTests';

const trans = nullTranslator.load('jupyterlab');

/**
 * The real engine, with contexts that the test hands over instead of the network.
 */
class HandedMind extends EngineMind {
  answer: object | Error = contextOf([]);
  loads = 0;

  constructor(private readonly _ofTest: Engine) {
    super(_ofTest, ServerConnection.makeSettings(), trans);
  }

  override load(): Promise<IStatus> {
    this.loads += 1;
    return this.answer instanceof Error
      ? Promise.reject(this.answer)
      : Promise.resolve(this._ofTest.set_context(this.answer));
  }
}

function failure(code: string): Error {
  return Object.assign(new Error('m'), { code });
}

describe('LauncherGuard', () => {
  let commands: CommandRegistry;
  let refreshSpecs: jest.Mock;
  let model: LauncherModel;
  let guard: LauncherGuard;
  let mind: HandedMind;

  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0);
    jest.spyOn(console, 'warn').mockImplementation();
    commands = new CommandRegistry();
    refreshSpecs = jest.fn(() => Promise.resolve());
    const kernelspecs = {
      specs: null as KernelSpec.ISpecModels | null,
      refreshSpecs
    };
    const app = {
      commands,
      shell: { currentChanged: new Signal({}) },
      serviceManager: {
        kernelspecs: { ...kernelspecs, specsChanged: new Signal({}) }
      }
    } as unknown as JupyterFrontEnd;
    model = new LauncherModel();
    const gate = new Gate(model);
    model.add({ command: 'terminal:create-new' });
    model.add({ command: 'fileeditor:create-new' });
    const ownCards = new OwnCards(
      app,
      model,
      { host: '', prefix: '/hub/' },
      trans
    );
    guard = new LauncherGuard(app, gate, ownCards, new TroubleTeller(trans));
    mind = new HandedMind(newEngine());
  });

  afterEach(() => {
    guard.dispose();
    Notification.dismiss();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const shown = () => [...model.items()].map(item => item.command);
  const told = () => Notification.manager.notifications.map(n => n.message);

  it('shows what the first answer allows, and follows later ones', async () => {
    const redraws = jest.fn();
    model.stateChanged.connect(redraws);
    await guard.employ(mind);
    expect(shown()).toEqual(['fileeditor:create-new']);
    expect(redraws).toHaveBeenCalledTimes(1);
    expect(refreshSpecs).not.toHaveBeenCalled();
    mind.answer = contextOf(['class']);
    await pass(20_000);
    expect(shown()).toEqual(['terminal:create-new', 'fileeditor:create-new']);
    // The server may list other kernels for other facts.
    expect(refreshSpecs).toHaveBeenCalledTimes(1);
    await pass(20_000);
    expect(mind.loads).toBe(3);
    expect(refreshSpecs).toHaveBeenCalledTimes(1);
    expect(told()).toEqual([]);
  });

  it('keeps good facts through failures, and says nothing', async () => {
    mind.answer = contextOf(['class']);
    await guard.employ(mind);
    mind.answer = failure('hub-unreachable');
    await pass(60_000);
    expect(mind.loads).toBeGreaterThan(1);
    expect(shown()).toHaveLength(2);
    expect(told()).toEqual([]);
  });

  it('says once what is wrong when nothing is known, until it is known', async () => {
    mind.answer = failure('timeout');
    await guard.employ(mind);
    await pass(45_000);
    expect(mind.loads).toBeGreaterThan(1);
    expect(shown()).toEqual([]);
    expect(told()).toHaveLength(1);
    mind.answer = contextOf([]);
    await pass(300_000);
    expect(told()).toEqual([]);
    expect(shown()).toEqual(['fileeditor:create-new']);
  });

  it('says that the policy is broken', async () => {
    mind.answer = {
      ...contextOf([]),
      policy: { state: 'invalid', on_invalid: 'hide_all', message: 'm' }
    };
    await guard.employ(mind);
    expect(shown()).toEqual([]);
    expect(told()).toEqual([expect.stringContaining('policy')]);
  });

  it('says that there is no engine, and shows what its stand-in shows', async () => {
    const answers: boolean[][] = [
      [false, true],
      [false, true, true]
    ];
    const asked: string[][] = [];
    const settings = ServerConnection.makeSettings({
      fetch: (request: RequestInfo) =>
        (request as Request).json().then(({ cards }: { cards: ICard[] }) => {
          asked.push(cards.map(card => card.id));
          return new Response(JSON.stringify({ ungoverned: answers.shift() }));
        })
    });
    guard.replace(new Error('404'), new StandIn(settings, trans, guard.redraw));
    expect(shown()).toEqual([]);
    await pass(0);
    expect(shown()).toEqual(['fileeditor:create-new']);
    expect(told()).toEqual([expect.stringContaining('could not be loaded')]);
    // A card that comes later is asked about, once.
    model.add({ command: 'other:open' });
    expect(shown()).toEqual(['fileeditor:create-new']);
    await pass(0);
    expect(shown()).toEqual(['fileeditor:create-new', 'other:open']);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual([
      'command:terminal:create-new',
      'command:fileeditor:create-new',
      'command:other:open'
    ]);
    // An engine that arrives late takes over.
    mind.answer = contextOf(['class']);
    await guard.employ(mind);
    expect(shown()).toHaveLength(3);
    expect(told()).toEqual([]);
  });

  it('shows nothing where the stand-in gets no answer', async () => {
    const settings = ServerConnection.makeSettings({
      fetch: () => Promise.resolve(new Response('', { status: 404 }))
    });
    guard.replace(new Error('404'), new StandIn(settings, trans, guard.redraw));
    await pass(0);
    expect(shown()).toEqual([]);
    expect(told()).toHaveLength(1);
  });

  it('shows nothing any more once the engine breaks', async () => {
    await guard.employ(mind);
    expect(shown()).toHaveLength(1);
    jest.spyOn(mind, 'judge').mockImplementation(() => {
      throw new WebAssembly.RuntimeError('unreachable');
    });
    expect(shown()).toEqual([]);
    expect(told()).toEqual([expect.stringContaining('could not be loaded')]);
    jest.mocked(mind.judge).mockRestore();
    await pass(60_000);
    expect(shown()).toEqual([]);
    expect(mind.loads).toBe(1);
  });

  it('draws again when a window opens', async () => {
    const from = new Date(Date.now() + 5_000).toISOString();
    mind.answer = contextOf([], {
      version: 1,
      refresh: '1h',
      rules: [
        {
          id: 'exam',
          match: { command: 'terminal:*' },
          hide_when: { always: true },
          from
        }
      ]
    });
    await guard.employ(mind);
    expect(shown()).toHaveLength(2);
    const redraws = jest.fn();
    model.stateChanged.connect(redraws);
    await pass(5_001);
    expect(redraws).toHaveBeenCalledTimes(1);
    expect(shown()).toEqual(['fileeditor:create-new']);
    expect(mind.loads).toBe(1);
  });

  it("keeps the policy's own cards", async () => {
    const cards = [
      { id: 'w', service: 'class-web', title: 'Web', category: 'Class' },
      { id: 'x', service: 'other', title: 'Other' }
    ];
    mind.answer = contextOf([], { ...POLICY, cards });
    await guard.employ(mind);
    const titles = () =>
      [...model.items()]
        .filter(item => item.command === 'scoped-launcher:open')
        .map(item => commands.label(item.command, item.args));
    expect(titles()).toEqual(['Other']);
    mind.answer = contextOf(['class'], { ...POLICY, cards });
    await pass(20_000);
    expect(titles()).toEqual(['Web', 'Other']);
    const open = jest.spyOn(window, 'open').mockReturnValue(null);
    const [card] = [...model.items()].filter(item => item.category === 'Class');
    await commands.execute(card.command, card.args);
    expect(open).toHaveBeenCalledWith(
      '/services/class-web/',
      '_blank',
      'noopener'
    );
    mind.answer = contextOf(['class']);
    await pass(20_000);
    expect(titles()).toEqual([]);
  });

  it('reads the facts again when a launcher opens', async () => {
    commands.addCommand('launcher:create', {
      describedBy: { args: null },
      execute: () => undefined
    });
    await commands.execute('launcher:create');
    expect(mind.loads).toBe(0);
    await guard.employ(mind);
    await pass(3_000);
    await commands.execute('launcher:create');
    expect(mind.loads).toBe(2);
  });
});
