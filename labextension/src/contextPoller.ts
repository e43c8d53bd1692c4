/**
 * Nobody reloads more often than this, however many launchers are opened, in milliseconds; the server
 * asks the Hub no more often either.
 */
const MIN_GAP_MS = 2000;

/**
 * The longest pause after failures, in milliseconds.
 */
const MAX_PAUSE_MS = 5 * 60_000;

/**
 * By how much of itself a pause varies: a thousand sessions that a Hub's restart has brought into step
 * fall out of step again.
 */
const JITTER = 0.1;

/**
 * Loads again and again while the page is visible: one load at a time, and rarer after failures.
 */
export class Refresher {
  /**
   * @param load - Loads once; resolves to the wanted pause in seconds.
   */
  constructor(load: () => Promise<number>) {
    this._load = load;
    document.addEventListener('visibilitychange', this._onChange);
    window.addEventListener('online', this._onChange);
  }

  /**
   * Loads now, unless a load is under way or just over.
   *
   * @param anyway - Also when one is just over.
   * @returns A promise that is fulfilled when the load is over, successful or not.
   */
  refresh(anyway = false): Promise<void> {
    const isDue = anyway || Date.now() >= this._notBefore;
    if (this._running === null && isDue) {
      clearTimeout(this._timer);
      this._running = this._run().finally(() => {
        this._running = null;
      });
    }
    return this._running ?? Promise.resolve();
  }

  dispose(): void {
    this._disposed = true;
    clearTimeout(this._timer);
    document.removeEventListener('visibilitychange', this._onChange);
    window.removeEventListener('online', this._onChange);
  }

  private async _run(): Promise<void> {
    try {
      this._pauseMs = Math.max((await this._load()) * 1000, MIN_GAP_MS);
      this._failures = 0;
    } catch {
      this._failures += 1;
    }
    this._notBefore = Date.now() + MIN_GAP_MS;
    this._schedule();
  }

  private _schedule(): void {
    clearTimeout(this._timer);
    if (this._disposed || document.hidden) {
      return;
    }
    const backOff = 2 ** Math.max(this._failures - 1, 0);
    const pause = Math.max(
      Math.min(this._pauseMs * backOff, MAX_PAUSE_MS),
      this._pauseMs
    );
    // Only ever longer: a session asks at most once in each `refresh`.
    const jittered = pause * (1 + JITTER * Math.random());
    this._timer = setTimeout(() => void this.refresh(), jittered);
  }

  /**
   * When the page is shown or hidden, and when the network is back.
   */
  private readonly _onChange = () => {
    this._schedule();
    if (!document.hidden) {
      void this.refresh();
    }
  };

  private readonly _load: () => Promise<number>;
  private _running: Promise<void> | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _pauseMs = 15_000;
  private _failures = 0;
  private _notBefore = 0;
  private _disposed = false;
}
