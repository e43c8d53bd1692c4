import { Poll } from '@lumino/polling';

/**
 * The shortest time between two loads, in milliseconds, however many launchers are opened. The server asks the
 * Hub no more often either.
 */
const MIN_GAP_MS = 2000;

/**
 * The longest pause after failures, in milliseconds.
 */
const MAX_RETRY_MS = 5 * 60_000;

/**
 * The pause while no load has succeeded yet, in milliseconds.
 */
const INITIAL_PAUSE_MS = 15_000;

/**
 * The largest part of itself by which a pause gets longer at random. Without it, sessions that the restart of
 * a Hub has synchronized would all load at the same moments from then on.
 */
const JITTER = 0.1;

/**
 * Loads the context again and again while the page is visible: one load at a time, less often after failures,
 * and at once when the page is shown again or the network is back.
 *
 * The timing of failures is its own. `Poll` multiplies the pause by a random factor, which can also make it
 * shorter than the policy's `refresh`.
 */
export class ContextPoller {
  /**
   * @param load - Loads once. Resolves to the pause until the next load, in seconds.
   */
  constructor(load: () => Promise<number>) {
    this._load = load;
    this._poll = new Poll({
      name: 'jupyterlab-scoped-launcher:context',
      auto: false,
      factory: () => this._runLoad(),
      // A load that `refresh` has asked for runs in a hidden page, too.
      standby: () => document.hidden && this._poll.state.phase !== 'refreshed'
    });
    document.addEventListener('visibilitychange', this._onPageChange);
    window.addEventListener('online', this._onPageChange);
  }

  /**
   * Loads now. Does nothing within two seconds of the last load; waits for a load that is in progress instead of
   * starting another.
   *
   * @param force - Whether to load within two seconds of the last load, too.
   * @returns A promise that resolves when the load is over, successful or not.
   */
  async refresh(force = false): Promise<void> {
    if (!this._isLoading) {
      if (!force && Date.now() < this._nextAllowedMs) {
        return;
      }
      await this._poll.refresh();
    }
    // Rejects if the poller is disposed of meanwhile.
    await this._poll.tick.catch(() => undefined);
  }

  /**
   * Loads now, because something has changed. If a load is in progress, it may have begun before the change: then
   * another one follows it.
   */
  reload(): void {
    if (this._isLoading) {
      this._isOutdated = true;
    } else if (!this._poll.isDisposed) {
      void this.refresh(true);
    }
  }

  /**
   * Stops loading. A load that is in progress runs to its end.
   */
  dispose(): void {
    this._poll.dispose();
    document.removeEventListener('visibilitychange', this._onPageChange);
    window.removeEventListener('online', this._onPageChange);
  }

  /**
   * Never rejects, so that `Poll` uses the interval that is set here after a failure, too.
   */
  private async _runLoad(): Promise<void> {
    this._isLoading = true;
    try {
      this._pauseMs = Math.max((await this._load()) * 1000, MIN_GAP_MS);
      this._failureCount = 0;
    } catch {
      this._failureCount += 1;
    }
    this._isLoading = false;
    this._nextAllowedMs = Date.now() + MIN_GAP_MS;
    if (this._isOutdated) {
      this._isOutdated = false;
      setTimeout(() => this.reload());
    }
    this._poll.frequency = {
      backoff: false,
      interval: this._getNextPauseMs(),
      max: Poll.MAX_INTERVAL
    };
  }

  /**
   * The wanted pause, doubled with each failure after the first, and with jitter.
   */
  private _getNextPauseMs(): number {
    const backoff = 2 ** Math.max(this._failureCount - 1, 0);
    const pauseMs = Math.max(
      Math.min(this._pauseMs * backoff, MAX_RETRY_MS),
      this._pauseMs
    );
    // Jitter only makes a pause longer: a session loads at most once in each `refresh` of the policy.
    const jitteredMs = Math.ceil(pauseMs * (1 + JITTER * Math.random()));
    return Math.min(jitteredMs, Poll.MAX_INTERVAL);
  }

  /**
   * The page is shown or hidden, or the network is back.
   */
  private readonly _onPageChange = () => {
    if (!document.hidden) {
      void this.refresh();
    }
  };

  private readonly _load: () => Promise<number>;
  private readonly _poll: Poll<void>;
  private _isLoading = false;
  /** Whether something has changed since the present load began. */
  private _isOutdated = false;
  /** The pause that the last successful load asked for, in milliseconds. */
  private _pauseMs = INITIAL_PAUSE_MS;
  /** How many loads have failed since the last successful one. */
  private _failureCount = 0;
  /** When `refresh` may load again, by `Date.now()`. */
  private _nextAllowedMs = 0;
}
