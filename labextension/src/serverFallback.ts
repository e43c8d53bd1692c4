import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import type { EngineStatus, LoadResult } from '../wasm/scoped_launcher.js';
import type { IDecisionSource } from './decisionSource';
import { type ITextSource, toCard } from './launcherItem';

/**
 * How long until the next load, in seconds. A load reads nothing here: without an engine there is no context
 * to keep up to date.
 */
const REFRESH_SECONDS = 3600;

/**
 * Decides while the WebAssembly engine is not available: it asks the server which cards a rule matches, and
 * shows only the others.
 */
export class ServerFallback implements IDecisionSource {
  /**
   * @param _settings - How to reach the server.
   * @param _texts - Where the texts on launcher items come from.
   * @param _onDecided - Called after the server has answered, when `decide` may return another result.
   */
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _texts: ITextSource,
    private readonly _onDecided: () => void
  ) {}

  readonly status: EngineStatus = 'expired';

  load(): Promise<LoadResult> {
    return Promise.resolve({
      status: this.status,
      changed: false,
      stale: false,
      refreshSeconds: REFRESH_SECONDS,
      warnings: []
    });
  }

  /**
   * Hides the items that the server has not answered about yet, and asks it about them.
   */
  decide(items: readonly ILauncher.IItemOptions[]): boolean[] {
    if (!this._isRequesting && items.some(item => !this._decisions.has(item))) {
      this._isRequesting = true;
      this._requestDecisions(items).then(
        this._onDecided,
        // The next rendering of a launcher asks again.
        (reason: unknown) =>
          console.warn(
            'Scoped launcher: cannot get decisions from the server.',
            reason
          )
      );
    }
    return items.map(item => this._decisions.get(item) === true);
  }

  nextChangeMs(): undefined {
    return undefined;
  }

  setKernelspecs(): void {
    // Which cards a rule matches does not depend on the kernels.
  }

  private async _requestDecisions(
    items: readonly ILauncher.IItemOptions[]
  ): Promise<void> {
    try {
      const cards = items.map(item => toCard(item, this._texts));
      const response = await ServerConnection.makeRequest(
        URLExt.join(this._settings.baseUrl, 'scoped-launcher/governed'),
        {
          method: 'POST',
          body: JSON.stringify({ cards: cards.filter(card => card !== null) })
        },
        this._settings
      );
      if (!response.ok) {
        throw new ServerConnection.ResponseError(response);
      }
      const { governed } = (await response.json()) as { governed: boolean[] };
      let next = 0;
      items.forEach((item, i) => {
        // Shown only if the answer says so: a short answer hides the items that it leaves out.
        const isShown = cards[i] !== null && governed[next++] === false;
        this._decisions.set(item, isShown);
      });
    } finally {
      this._isRequesting = false;
    }
  }

  /** For each item that the server has answered about, whether it is shown. */
  private readonly _decisions = new WeakMap<ILauncher.IItemOptions, boolean>();
  private _isRequesting = false;
}
