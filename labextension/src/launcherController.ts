import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { KernelSpec } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import type { IStatus, Standing } from '../wasm/scoped_launcher.js';
import { keepingFocus, LAUNCHER } from './focus';
import type { Gate, IJudge } from './gate';
import type { OwnCards } from './ownCards';
import { Refresher } from './refresher';
import type { ITrouble, TroubleTeller } from './trouble';

/**
 * What decides on cards.
 */
export interface IMind extends IJudge {
  /**
   * What is known.
   */
  readonly standing: Standing;

  /**
   * Reads the policy and the facts again. Rejects with an error that has a `code`.
   */
  load(): Promise<IStatus>;

  /**
   * In how many milliseconds decisions change by themselves, if ever.
   */
  nextChangeMs(): number | undefined;

  /**
   * Tells which kernels exist.
   */
  setKernelspecs(specs: KernelSpec.ISpecModels): void;
}

/**
 * The longest that `setTimeout` can wait.
 */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

function troubleOf(error: unknown, otherwise: string): ITrouble {
  const { code, message } = error as Partial<ITrouble & Error>;
  return { code: code ?? otherwise, detail: message ?? String(error) };
}

/**
 * Keeps the facts fresh and the launchers as they are decided.
 */
export class LauncherGuard {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _gate: Gate,
    private readonly _ownCards: OwnCards | null,
    private readonly _teller: TroubleTeller
  ) {
    this._refresher = new Refresher(() => this._load());
    _app.commands.commandExecuted.connect(this._onCommand, this);
    _app.shell.currentChanged?.connect(this._onCurrent, this);
    _app.serviceManager.kernelspecs.specsChanged.connect(this._onSpecs, this);
  }

  /**
   * Lets a mind decide from now on.
   *
   * @returns A promise that is fulfilled when it has read the facts, or failed to.
   */
  employ(mind: IMind): Promise<void> {
    this._mind = mind;
    this._lack = null;
    this._gate.judge = {
      judge: items => {
        try {
          return mind.judge(items);
        } catch (error) {
          // What broke decides on nothing any more.
          this._mind = null;
          this._gate.judge = null;
          this._refresher.dispose();
          this._lack = troubleOf(error, 'engine');
          this._report();
          return [];
        }
      }
    };
    this._onSpecs();
    return this._refresher.refresh(true);
  }

  /**
   * Says that there is no engine, and lets another decide in its place.
   */
  replace(reason: unknown, standIn: IMind): void {
    void this.employ(standIn);
    this._lack = troubleOf(reason, 'engine');
    this._report();
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._refresher.dispose();
    Signal.clearData(this);
  }

  private async _load(): Promise<number> {
    try {
      const status = await this._mind!.load();
      this._failure = null;
      this._take(status);
      return status.refresh_s;
    } catch (error) {
      this._failure = troubleOf(error, 'unavailable');
      throw error;
    } finally {
      this.redraw();
    }
  }

  private _take(status: IStatus): void {
    this._ownCards?.set(status.cards);
    const warnings = status.warnings.join('\n');
    if (warnings !== this._warnings) {
      this._warnings = warnings;
      // What is wrong with a broken policy, the teller says.
      if (warnings && status.standing !== 'broken') {
        console.warn(`Scoped launcher: ${warnings}`);
      }
    }
    if (status.changed && this._isLoaded) {
      // The server may list other kernels now; JupyterLab would ask once a minute.
      void this._app.serviceManager.kernelspecs.refreshSpecs();
    }
    this._isLoaded = true;
  }

  /**
   * Draws what is decided now, and again when that changes by itself.
   */
  readonly redraw = (): void => {
    keepingFocus(() => this._gate.update());
    this._report();
    clearTimeout(this._timer);
    const wait = this._mind?.nextChangeMs();
    if (wait !== undefined) {
      this._timer = setTimeout(
        this.redraw,
        Math.min(Math.max(wait, 0), MAX_TIMEOUT_MS)
      );
    }
  };

  private _report(): void {
    switch (this._mind?.standing) {
      case 'governed':
      case 'ungoverned':
        // Good facts outlive a failure to read them again.
        this._teller.tell(null);
        break;
      case 'broken':
        this._teller.tell({ code: 'invalid-policy', detail: this._warnings });
        break;
      default:
        this._teller.tell(this._lack ?? this._failure);
    }
  }

  private _onCommand(_: unknown, { id }: { id: string }): void {
    if (id === 'launcher:create' && this._mind) {
      void this._refresher.refresh();
    }
  }

  private _onCurrent(
    _: unknown,
    { newValue }: { newValue: Widget | null }
  ): void {
    if (this._mind && newValue?.node.querySelector(LAUNCHER)) {
      void this._refresher.refresh();
    }
  }

  private _onSpecs(): void {
    const { specs } = this._app.serviceManager.kernelspecs;
    if (this._mind && specs) {
      this._mind.setKernelspecs(specs);
      this.redraw();
    }
  }

  private readonly _refresher: Refresher;
  private _mind: IMind | null = null;
  /** Why the last load failed. */
  private _failure: ITrouble | null = null;
  /** Why there is no engine. */
  private _lack: ITrouble | null = null;
  private _warnings = '';
  private _isLoaded = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
