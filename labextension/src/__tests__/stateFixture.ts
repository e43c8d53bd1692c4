import type { JupyterFrontEnd } from '@jupyterlab/application';
import { LauncherModel } from '@jupyterlab/launcher';
import { type KernelSpec, ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { Engine, LoadResult } from '../../wasm/scoped_launcher.js';
import { WasmDecisionSource } from '../engine';
import { LauncherController } from '../launcherController';
import { LauncherFilter } from '../launcherFilter';
import type { ITextSource } from '../launcherItem';
import { ErrorNotifier } from '../notifications';
import { createEngine, toBytes } from './engineFixture';

const trans = nullTranslator.load('jupyterlab');

/**
 * The real engine, with the test's answers instead of the server's.
 */
class AnsweredSource extends WasmDecisionSource {
  answer: object | Error = new Error('no answer yet');

  constructor(
    private readonly _answered: Engine,
    texts: ITextSource
  ) {
    super(_answered, ServerConnection.makeSettings(), texts);
  }

  override load(): Promise<LoadResult> {
    return this.answer instanceof Error
      ? Promise.reject(this.answer)
      : Promise.resolve(this._answered.setContext(toBytes(this.answer)));
  }
}

/**
 * A page: its commands, its launcher if it has one, and the real engine.
 */
export class Page {
  readonly commands = new CommandRegistry();
  readonly model = new LauncherModel();
  readonly state: LauncherController;

  /**
   * @param hasLauncher - Whether the application has a launcher.
   * @param summary - What the page knows of the policy before it has asked: the policy's document.
   */
  constructor(hasLauncher = true, summary?: object) {
    const texts = { commands: this.commands, trans, language: 'en' };
    const engine = createEngine();
    if (summary) {
      const now = new Date().toISOString();
      const policy = { state: 'ok', etag: '0', document: summary };
      engine.setPolicySummary(JSON.stringify({ now, policy }));
    }
    this._source = new AnsweredSource(engine, texts);
    const app = {
      commands: this.commands,
      shell: { currentChanged: new Signal({}) },
      serviceManager: {
        kernelspecs: {
          specs: null as KernelSpec.ISpecModels | null,
          refreshSpecs: () => Promise.resolve(),
          specsChanged: new Signal({})
        }
      }
    } as unknown as JupyterFrontEnd;
    this.state = new LauncherController(
      app,
      hasLauncher ? new LauncherFilter(this.model) : null,
      null,
      texts,
      new ErrorNotifier(trans)
    );
  }

  /**
   * Adds a command that returns its id.
   */
  addCommand(
    id: string,
    label: CommandRegistry.ICommandOptions['label'] = id
  ): void {
    this.commands.addCommand(id, {
      label,
      describedBy: { args: null },
      execute: () => id
    });
  }

  /**
   * Starts deciding. Resolves when the first load is over.
   */
  start(answer: object | Error): Promise<void> {
    this._source.answer = answer;
    return this.state.setDecisionSource(this._source);
  }

  /**
   * Starts deciding with a server that has not answered yet.
   */
  startWaiting(): void {
    jest
      .spyOn(this._source, 'load')
      .mockReturnValueOnce(new Promise<LoadResult>(() => undefined));
    void this.state.setDecisionSource(this._source);
  }

  /**
   * Applies another answer of the server.
   */
  answer(answer: object): void {
    this._source.answer = answer;
    void this._source.load();
    this.state.update(true);
  }

  private readonly _source: AnsweredSource;
}
