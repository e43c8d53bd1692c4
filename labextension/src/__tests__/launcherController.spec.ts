import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { LauncherModel } from '@jupyterlab/launcher';
import { type KernelSpec, ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { Card, Engine, LoadResult } from '../../wasm/scoped_launcher.js';
import { WasmDecisionSource } from '../engine';
import { LauncherController } from '../launcherController';
import { LauncherFilter } from '../launcherFilter';
import { ErrorNotifier } from '../notifications';
import { PolicyCards } from '../policyCards';
import { ServerFallback } from '../serverFallback';
import {
  createContext,
  createEngine,
  createTexts,
  toBytes
} from './engineFixture';

const trans = nullTranslator.load('jupyterlab');

/**
 * The real engine, with the test's answers instead of the server's.
 */
class TestDecisionSource extends WasmDecisionSource {
  answer: object | Error = createContext([]);
  loadCount = 0;

  constructor(private readonly _testEngine: Engine) {
    super(_testEngine, ServerConnection.makeSettings(), createTexts());
  }

  override load(): Promise<LoadResult> {
    this.loadCount += 1;
    return this.answer instanceof Error
      ? Promise.reject(this.answer)
      : Promise.resolve(this._testEngine.setContext(toBytes(this.answer)));
  }
}

function createError(code: string): Error {
  return Object.assign(new Error('m'), { code });
}

describe('LauncherController', () => {
  let commands: CommandRegistry;
  let refreshSpecs: jest.Mock;
  let model: LauncherModel;
  let controller: LauncherController;
  let source: TestDecisionSource;

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
        serverSettings: ServerConnection.makeSettings(),
        kernelspecs: { ...kernelspecs, specsChanged: new Signal({}) }
      }
    } as unknown as JupyterFrontEnd;
    model = new LauncherModel();
    const filter = new LauncherFilter(model);
    model.add({ command: 'terminal:create-new' });
    model.add({ command: 'fileeditor:create-new' });
    const policyCards = new PolicyCards(
      app,
      model,
      { host: '', prefix: '/hub/' },
      trans
    );
    controller = new LauncherController(
      app,
      filter,
      policyCards,
      { commands, trans, language: 'en' },
      new ErrorNotifier(trans)
    );
    source = new TestDecisionSource(createEngine());
  });

  afterEach(() => {
    controller.dispose();
    Notification.dismiss();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  /** Resolves when the first load is over, which the poller starts with a timer. */
  const setDecisionSource = async () => {
    const loaded = controller.setDecisionSource(source);
    await pass(0);
    await loaded;
  };
  const getShown = () => [...model.items()].map(item => item.command);
  const getMessages = () =>
    Notification.manager.notifications.map(n => n.message);

  it('asks less often while the server tells it of changes', async () => {
    source.answer = { ...createContext([]), page: { refresh_s: 300 } };
    await setDecisionSource();
    await pass(299_000);
    expect(source.loadCount).toBe(1);
    await pass(1_000);
    expect(source.loadCount).toBe(2);
    source.answer = { ...createContext([]), page: { refresh_s: null } };
    controller.reload();
    await pass(0);
    expect(source.loadCount).toBe(3);
    await pass(60_000);
    expect(source.loadCount).toBeGreaterThan(3);
  });

  it('shows what the first answer allows, and follows later ones', async () => {
    const renderings = jest.fn();
    model.stateChanged.connect(renderings);
    await setDecisionSource();
    expect(getShown()).toEqual(['fileeditor:create-new']);
    expect(renderings).toHaveBeenCalledTimes(1);
    expect(refreshSpecs).not.toHaveBeenCalled();
    source.answer = createContext(['class']);
    await pass(20_000);
    expect(getShown()).toEqual([
      'terminal:create-new',
      'fileeditor:create-new'
    ]);
    // The server may list other kernels in another context.
    expect(refreshSpecs).toHaveBeenCalledTimes(1);
    await pass(20_000);
    expect(source.loadCount).toBe(3);
    expect(refreshSpecs).toHaveBeenCalledTimes(1);
    expect(getMessages()).toEqual([]);
  });

  it('keeps a fresh context when loads fail, without a notification', async () => {
    source.answer = createContext(['class']);
    await setDecisionSource();
    source.answer = createError('hub-unreachable');
    await pass(60_000);
    expect(source.loadCount).toBeGreaterThan(1);
    expect(getShown()).toHaveLength(2);
    expect(getMessages()).toEqual([]);
  });

  it('shows one notification while there is no context', async () => {
    source.answer = createError('timeout');
    await setDecisionSource();
    await pass(45_000);
    expect(source.loadCount).toBeGreaterThan(1);
    expect(getShown()).toEqual([]);
    expect(getMessages()).toHaveLength(1);
    source.answer = createContext([]);
    await pass(300_000);
    expect(getMessages()).toEqual([]);
    expect(getShown()).toEqual(['fileeditor:create-new']);
  });

  it('reports an invalid policy', async () => {
    source.answer = {
      ...createContext([]),
      policy: { state: 'invalid', on_invalid: 'hide_all', message: 'm' }
    };
    await setDecisionSource();
    expect(getShown()).toEqual([]);
    expect(getMessages()).toEqual([expect.stringContaining('policy')]);
  });

  it('reports that the engine is not available, and uses the fallback', async () => {
    const answers: boolean[][] = [[true, false], [false]];
    const requested: string[][] = [];
    const settings = ServerConnection.makeSettings({
      fetch: (request: RequestInfo) =>
        (request as Request).json().then(({ cards }: { cards: Card[] }) => {
          requested.push(cards.map(card => card.id));
          return new Response(JSON.stringify({ governed: answers.shift() }));
        })
    });
    controller.useFallback(
      new Error('404'),
      new ServerFallback(settings, createTexts(), controller.update)
    );
    expect(getShown()).toEqual([]);
    await pass(0);
    expect(getShown()).toEqual(['fileeditor:create-new']);
    expect(getMessages()).toEqual([
      expect.stringContaining('could not be loaded')
    ]);
    // One request about a card that is added later.
    model.add({ command: 'other:open' });
    expect(getShown()).toEqual(['fileeditor:create-new']);
    await pass(0);
    expect(getShown()).toEqual(['fileeditor:create-new', 'other:open']);
    expect(requested).toHaveLength(2);
    expect(requested[1]).toEqual(['command:other:open']);
    // An engine that loads late replaces the fallback.
    source.answer = createContext(['class']);
    await setDecisionSource();
    expect(getShown()).toHaveLength(3);
    expect(getMessages()).toEqual([]);
  });

  it('shows nothing if the fallback gets no answer', async () => {
    const settings = ServerConnection.makeSettings({
      fetch: () => Promise.resolve(new Response('', { status: 404 }))
    });
    controller.useFallback(
      new Error('404'),
      new ServerFallback(settings, createTexts(), controller.update)
    );
    await pass(0);
    expect(getShown()).toEqual([]);
    expect(getMessages()).toHaveLength(1);
  });

  it('shows nothing after the engine threw', async () => {
    await setDecisionSource();
    expect(getShown()).toHaveLength(1);
    jest.spyOn(source, 'decide').mockImplementation(() => {
      throw new WebAssembly.RuntimeError('unreachable');
    });
    expect(getShown()).toEqual([]);
    expect(getMessages()).toEqual([
      expect.stringContaining('could not be loaded')
    ]);
    jest.mocked(source.decide).mockRestore();
    await pass(60_000);
    expect(getShown()).toEqual([]);
    expect(source.loadCount).toBe(1);
  });

  it('renders again when a time window starts', async () => {
    const from = new Date(Date.now() + 5_000).toISOString();
    source.answer = createContext([], {
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
    await setDecisionSource();
    expect(getShown()).toHaveLength(2);
    const renderings = jest.fn();
    model.stateChanged.connect(renderings);
    await pass(5_001);
    expect(renderings).toHaveBeenCalledTimes(1);
    expect(getShown()).toEqual(['fileeditor:create-new']);
    expect(source.loadCount).toBe(1);
  });

  it("adds the policy's own cards", async () => {
    const card = { kind: 'service', tags: [], open_in: 'tab' };
    const cards = [
      {
        ...card,
        name: 'class-web',
        title: 'Web',
        category: 'Class',
        policy_card: 'w'
      },
      { ...card, name: 'other', title: 'Other', policy_card: 'x' }
    ];
    const sections = [{ category: 'Class', rank: -1 }];
    const createAnswer = (groups: string[]) => ({
      ...createContext(groups),
      cards,
      sections
    });
    source.answer = createAnswer([]);
    await setDecisionSource();
    const titles = () =>
      [...model.items()]
        .filter(item => item.command === 'scoped-launcher:open')
        .map(item => commands.label(item.command, item.args));
    expect(titles()).toEqual(['Other']);
    source.answer = createAnswer(['class']);
    await pass(20_000);
    expect(titles()).toEqual(['Web', 'Other']);
    const open = jest.spyOn(window, 'open').mockReturnValue(null);
    const [item] = [...model.items()].filter(
      ({ category }) => category === 'Class'
    );
    expect(item).toHaveProperty('categoryRank', -1);
    await commands.execute(item.command, item.args);
    expect(open).toHaveBeenCalledWith(
      '/services/class-web/',
      '_blank',
      'noopener,noreferrer'
    );
    source.answer = createContext(['class']);
    await pass(20_000);
    expect(titles()).toEqual([]);
  });

  it('says that something has changed only when something has', async () => {
    await setDecisionSource();
    const changed = jest.fn();
    controller.changed.connect(changed);
    const load = async (answer: object | Error) => {
      changed.mockClear();
      source.answer = answer;
      await pass(20_000);
      return changed.mock.calls.length;
    };
    expect(await load(createContext([]))).toBe(0);
    expect(await load(createContext(['class']))).toBe(1);
    expect(await load({ ...createContext(['class']), stale: true })).toBe(1);
    expect(await load({ ...createContext(['class']), stale: true })).toBe(0);
    const page = { user: 'ann', problem: null };
    expect(await load({ ...createContext(['class']), page })).toBe(1);
    expect(await load({ ...createContext(['class']), page })).toBe(0);
    expect(
      await load({
        ...createContext(['class']),
        page: { ...page, problem: 'p' }
      })
    ).toBe(1);
    // A context that is fresh enough stays in use when a load fails.
    expect(await load(createError('network'))).toBe(0);
  });

  it('says that decisions have changed when a time window starts', async () => {
    const rule = {
      id: 'r',
      match: { command: 'app:*' },
      hide_when: { always: true },
      from: new Date(Date.now() + 5000).toISOString()
    };
    source.answer = createContext([], { version: 1, rules: [rule] });
    await setDecisionSource();
    const changed = jest.fn();
    controller.changed.connect(changed);
    const card: Card = { id: 'a', kind: 'command', name: 'app:a' };
    expect(controller.decideCard(card).isShown).toBe(true);
    await pass(5001);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(controller.decideCard(card).isShown).toBe(false);
  });

  it('loads the context when a launcher opens', async () => {
    commands.addCommand('launcher:create', {
      describedBy: { args: null },
      execute: () => undefined
    });
    await commands.execute('launcher:create');
    await pass(0);
    expect(source.loadCount).toBe(0);
    await setDecisionSource();
    await pass(3_000);
    await commands.execute('launcher:create');
    await pass(0);
    expect(source.loadCount).toBe(2);
  });
});
