import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ILauncher } from '@jupyterlab/launcher';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import type {
  Card,
  EngineStatus,
  LoadResult
} from '../wasm/scoped_launcher.js';
import { ContextPoller } from './contextPoller';
import type {
  ICardDecider,
  ICardDecision,
  IDecisionSource
} from './decisionSource';
import type { LauncherFilter } from './launcherFilter';
import {
  EXPLAIN_COMMAND,
  type ITextSource,
  getEnglishCategory,
  toCard
} from './launcherItem';
import type {
  ILauncherError,
  ILauncherState,
  IPageFacts
} from './launcherState';
import { type ErrorNotifier, toLauncherError } from './notifications';
import { PlaceKeeper } from './placeKeeper';
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
export class LauncherController implements ILauncherState {
  /**
   * @param _app - Whose commands, tabs and kernelspecs are followed.
   * @param items - The filter of the launcher's model. Null in an application without a launcher.
   * @param _policyCards - The policy's own cards. Null in an application without a launcher.
   * @param _texts - Where the texts on launcher items come from.
   * @param _notifier - Where errors are reported.
   */
  constructor(
    private readonly _app: JupyterFrontEnd,
    readonly items: LauncherFilter | null,
    private readonly _policyCards: PolicyCards | null,
    private readonly _texts: ITextSource,
    private readonly _notifier: ErrorNotifier
  ) {
    this._poller = new ContextPoller(() => this._load());
    items?.changed.connect(this._placeKeeper.keep);
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
    this._updateDecider();
    this._setKernelspecs();
    this.update(true);
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
    this._notifier.report(this.error);
  }

  get status(): EngineStatus | undefined {
    return this._source?.status;
  }

  get page(): IPageFacts | null {
    return this._page;
  }

  get isStale(): boolean {
    return this._isStale;
  }

  /**
   * The present error. A context that is fresh enough stays in use when a load fails: that is none.
   */
  get error(): ILauncherError | null {
    switch (this.status) {
      case 'ready':
      case 'no_policy':
        return null;
      case 'invalid_policy':
        return { code: 'invalid-policy', detail: this._warnings };
      case 'pending':
      case 'expired':
      case undefined:
        return this._engineError ?? this._loadError;
    }
  }

  get changed(): ISignal<ILauncherState, void> {
    return this._changed;
  }

  get previewDecider(): ICardDecider | null {
    return this._previewDecider;
  }

  set previewDecider(decider: ICardDecider | null) {
    this._previewDecider = decider;
    this._updateDecider();
    this.update(true);
  }

  decideCard(card: Card): ICardDecision {
    return (
      this._useSource(source => source.decideCard(card)) ?? {
        isShown: false,
        isGoverned: false
      }
    );
  }

  toCard(item: ILauncher.IItemOptions): Card | null {
    return toCard(item, this._texts);
  }

  setBanner(isVisible: boolean): void {
    this._notifier.setBanner(isVisible);
  }

  refresh(): Promise<void> {
    return this._source ? this._poller.refresh() : Promise.resolve();
  }

  /**
   * Loads the context again, because something that it is about has changed.
   */
  reload(): void {
    if (this._source) {
      this._poller.reload();
    }
  }

  /**
   * Stops loading and rendering.
   */
  dispose(): void {
    clearTimeout(this._timer);
    clearTimeout(this._labelTimer);
    this._poller.dispose();
    this.items?.changed.disconnect(this._placeKeeper.keep);
    this._placeKeeper.dispose();
    Signal.clearData(this);
  }

  /**
   * @returns The pause until the next load, in seconds.
   */
  private async _load(): Promise<number> {
    let hasChanged = false;
    try {
      const result = await this._source!.load();
      hasChanged = result.changed;
      this._loadError = null;
      this._applyLoadResult(result);
      return this._page?.refresh_s ?? result.refreshSeconds;
    } catch (error) {
      this._loadError = toLauncherError(error, 'unavailable');
      throw error;
    } finally {
      this.update(hasChanged);
    }
  }

  private _applyLoadResult(result: LoadResult): void {
    this._policyCards?.setCards(result.cardsJson ?? '[]');
    this._isStale = result.stale;
    this._page = result.pageJson
      ? (JSON.parse(result.pageJson) as IPageFacts)
      : null;
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
    if (this.items) {
      this.items.getSectionRank = category =>
        ranks.get(getEnglishCategory(category, this._texts.trans));
    }
  }

  /**
   * Renders what is decided now, and once more when the decisions change without a load.
   *
   * @param hasNewDecisions - Whether decisions may be others than at the last time, also those on cards outside the launcher.
   */
  readonly update = (hasNewDecisions = false): void => {
    let hasNewItems = false;
    preserveFocus(() => {
      hasNewItems = this.items?.update() ?? false;
    });
    this._notifier.report(this.error);
    clearTimeout(this._timer);
    const delayMs = this._source?.nextChangeMs();
    if (delayMs !== undefined) {
      this._timer = setTimeout(
        () => this.update(true),
        Math.min(Math.max(delayMs, 0), MAX_TIMEOUT_MS)
      );
    }
    const { status, error, isStale, page } = this;
    const basis = JSON.stringify([status, error, isStale, page]);
    if (hasNewDecisions || hasNewItems || basis !== this._basis) {
      this._basis = basis;
      this._changed.emit();
    }
  };

  private _updateDecider(): void {
    if (this.items) {
      this.items.decider = this._previewDecider ?? {
        decide: items => this._decideItems(items)
      };
    }
  }

  private _decideItems(items: readonly ILauncher.IItemOptions[]): boolean[] {
    const decisions =
      // Nothing opens on a server that lets the visitor in no more.
      this.error?.code === 'access-revoked'
        ? undefined
        : this._useSource(source => source.decide(items));
    return items.map(
      ({ command }, i) =>
        decisions !== undefined &&
        // The server has decided that this one is locked.
        (decisions[i] === true || command === EXPLAIN_COMMAND)
    );
  }

  /**
   * @returns What `use` returns. Undefined without a source, or if it throws: then the source is not used any more.
   */
  private _useSource<T>(use: (source: IDecisionSource) => T): T | undefined {
    try {
      return this._source ? use(this._source) : undefined;
    } catch (error) {
      this._source = null;
      this._poller.dispose();
      this._engineError = toLauncherError(error, 'engine-unavailable');
      this._notifier.report(this.error);
      return undefined;
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
    if (this._source) {
      this.update(this._setKernelspecs());
    }
  }

  /**
   * @returns Whether decisions may be others now.
   */
  private _setKernelspecs(): boolean {
    const { specs } = this._app.serviceManager.kernelspecs;
    return (specs && this._source?.setKernelspecs(specs)) ?? false;
  }

  private readonly _placeKeeper = new PlaceKeeper();
  private readonly _poller: ContextPoller;
  private _source: IDecisionSource | null = null;
  /** Why the last load failed. */
  private _loadError: ILauncherError | null = null;
  /** Why the engine is not available. */
  private _engineError: ILauncherError | null = null;
  private _previewDecider: ICardDecider | null = null;
  private readonly _changed = new Signal<this, void>(this);
  /** What else than decisions `changed` was emitted for last, as JSON. */
  private _basis = '';
  private _page: IPageFacts | null = null;
  private _isStale = false;
  private _sectionsJson = '[]';
  /** The warnings of the last load, one a line. */
  private _warnings = '';
  /** Whether a load has succeeded. */
  private _isLoaded = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _labelTimer: ReturnType<typeof setTimeout> | undefined;
}
