import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import type { LoadResult } from '../wasm/scoped_launcher.js';
import { ContextPoller } from './contextPoller';
import type { IDecisionSource } from './decisionSource';
import type { LauncherFilter } from './launcherFilter';
import { getEnglishCategory } from './launcherItem';
import {
  type ErrorNotifier,
  type ILauncherError,
  toLauncherError
} from './notifications';
import type { PolicyCards } from './policyCards';
import { LAUNCHER_SELECTOR, preserveFocus } from './preserveFocus';

/**
 * The longest delay of `setTimeout`, in milliseconds.
 */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * How long changes of commands are collected before cards are decided again, in milliseconds.
 */
const LABEL_DELAY_MS = 100;

/**
 * A section of the launcher.
 */
interface ISection {
  /** Its name; in English if it is one of JupyterLab's own. */
  category: string;
  /** Smaller comes first. */
  rank: number;
}

/**
 * Keeps the context up to date, and the launchers in step with the decisions.
 */
export class LauncherController {
  /**
   * @param _app - Whose commands, tabs and kernelspecs are followed.
   * @param _filter - The filter of the launcher's model.
   * @param _policyCards - The policy's own cards.
   * @param _labTrans - The bundle of `jupyterlab`.
   * @param _notifier - Where errors are reported.
   */
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _filter: LauncherFilter,
    private readonly _policyCards: PolicyCards,
    private readonly _labTrans: TranslationBundle,
    private readonly _notifier: ErrorNotifier
  ) {
    this._poller = new ContextPoller(() => this._load());
    _app.commands.commandExecuted.connect(this._onCommandExecuted, this);
    _app.commands.commandChanged.connect(this._onCommandChanged, this);
    _app.shell.currentChanged?.connect(this._onCurrentChanged, this);
    _app.serviceManager.kernelspecs.specsChanged.connect(
      this._onSpecsChanged,
      this
    );
  }

  /**
   * Decides with this source from now on.
   *
   * @returns A promise that resolves when the source has loaded the context, or has failed to.
   */
  setDecisionSource(source: IDecisionSource): Promise<void> {
    this._source = source;
    this._engineError = null;
    this._filter.decider = {
      decide: items => {
        try {
          return source.decide(items);
        } catch (error) {
          // Stop using a source that threw.
          this._source = null;
          this._filter.decider = null;
          this._poller.dispose();
          this._engineError = toLauncherError(error, 'engine-unavailable');
          this._reportError();
          return [];
        }
      }
    };
    this._onSpecsChanged();
    return this._poller.refresh(true);
  }

  /**
   * Decides with another source because the engine is not available, and reports that.
   *
   * @param reason - Why the engine is not available.
   */
  useFallback(reason: unknown, source: IDecisionSource): void {
    void this.setDecisionSource(source);
    this._engineError = toLauncherError(reason, 'engine-unavailable');
    this._reportError();
  }

  /**
   * Stops loading and rendering.
   */
  dispose(): void {
    clearTimeout(this._timer);
    clearTimeout(this._labelTimer);
    this._poller.dispose();
    Signal.clearData(this);
  }

  /**
   * @returns The pause until the next load, in seconds.
   */
  private async _load(): Promise<number> {
    try {
      const result = await this._source!.load();
      this._loadError = null;
      this._applyLoadResult(result);
      return result.refreshSeconds;
    } catch (error) {
      this._loadError = toLauncherError(error, 'unavailable');
      throw error;
    } finally {
      this.update();
    }
  }

  private _applyLoadResult(result: LoadResult): void {
    this._policyCards.setCards(result.cardsJson ?? '[]');
    this._setSections(result.sectionsJson ?? '[]');
    const warnings = result.warnings.join('\n');
    if (warnings !== this._warnings) {
      this._warnings = warnings;
      // The notifier writes what is wrong with an invalid policy.
      if (warnings && result.status !== 'invalid_policy') {
        console.warn(`Scoped launcher: ${warnings}`);
      }
    }
    if (result.changed && this._isLoaded) {
      // The server may list other kernels now. JupyterLab itself would ask only once a minute.
      void this._app.serviceManager.kernelspecs.refreshSpecs();
    }
    this._isLoaded = true;
  }

  /**
   * @param json - A JSON list of `ISection`, as the server answers it.
   */
  private _setSections(json: string): void {
    if (json === this._sectionsJson) {
      return;
    }
    this._sectionsJson = json;
    const sections = JSON.parse(json) as ISection[];
    const ranks = new Map(
      sections.map(({ category, rank }) => [category, rank])
    );
    this._filter.getSectionRank = category =>
      ranks.get(getEnglishCategory(category, this._labTrans));
  }

  /**
   * Renders what is decided now, and once more when the decisions change without a load.
   */
  readonly update = (): void => {
    preserveFocus(() => this._filter.update());
    this._reportError();
    clearTimeout(this._timer);
    const delayMs = this._source?.nextChangeMs();
    if (delayMs !== undefined) {
      this._timer = setTimeout(
        this.update,
        Math.min(Math.max(delayMs, 0), MAX_TIMEOUT_MS)
      );
    }
  };

  /**
   * Reports the present error, or that there is none.
   */
  private _reportError(): void {
    switch (this._source?.status) {
      case 'ready':
      case 'no_policy':
        // A context that is fresh enough stays in use when a load fails.
        this._notifier.report(null);
        break;
      case 'invalid_policy':
        this._notifier.report({
          code: 'invalid-policy',
          detail: this._warnings
        });
        break;
      case 'pending':
      case 'expired':
      case undefined:
        this._notifier.report(this._engineError ?? this._loadError);
        break;
    }
  }

  private _onCommandExecuted(_: unknown, { id }: { id: string }): void {
    if (id === 'launcher:create' && this._source) {
      void this._poller.refresh();
    }
  }

  /**
   * Rules may be about the labels of commands: decides again, once for many changes.
   */
  private _onCommandChanged(): void {
    if (this._source && this._labelTimer === undefined) {
      this._labelTimer = setTimeout(() => {
        this._labelTimer = undefined;
        this.update();
      }, LABEL_DELAY_MS);
    }
  }

  private _onCurrentChanged(
    _: unknown,
    { newValue }: { newValue: Widget | null }
  ): void {
    if (this._source && newValue?.node.querySelector(LAUNCHER_SELECTOR)) {
      void this._poller.refresh();
    }
  }

  private _onSpecsChanged(): void {
    const { specs } = this._app.serviceManager.kernelspecs;
    if (this._source && specs) {
      this._source.setKernelspecs(specs);
      this.update();
    }
  }

  private readonly _poller: ContextPoller;
  private _source: IDecisionSource | null = null;
  /** Why the last load failed. */
  private _loadError: ILauncherError | null = null;
  /** Why the engine is not available. */
  private _engineError: ILauncherError | null = null;
  private _sectionsJson = '[]';
  /** The warnings of the last load, one a line. */
  private _warnings = '';
  /** Whether a load has succeeded. */
  private _isLoaded = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _labelTimer: ReturnType<typeof setTimeout> | undefined;
}
