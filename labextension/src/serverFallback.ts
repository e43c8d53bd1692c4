import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import type {
  Card,
  EngineStatus,
  LoadResult
} from '../wasm/scoped_launcher.js';
import type { ICardDecision, IDecisionSource } from './decisionSource';
import { type ITextSource, toCard } from './launcherItem';

/**
 * How long until the next load, in seconds. A load reads nothing here: without an engine there is no context
 * to keep up to date.
 */
const REFRESH_SECONDS = 3600;

/**
 * The most cards in one request. The server accepts more.
 */
const MAX_CARDS = 5000;

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

  decide(items: readonly ILauncher.IItemOptions[]): boolean[] {
    return items.map(item => {
      const card = toCard(item, this._texts);
      return card !== null && this.decideCard(card).isShown;
    });
  }

  /**
   * Hides a card that the server has not answered about yet, and asks it about the card.
   */
  decideCard(card: Card): ICardDecision {
    const key = JSON.stringify(card);
    const isGoverned = this._isGoverned.get(key);
    if (isGoverned === undefined) {
      this._askAbout(key, card);
    }
    return {
      isShown: isGoverned === false,
      isGoverned: isGoverned === true
    };
  }

  nextChangeMs(): undefined {
    return undefined;
  }

  setKernelspecs(): boolean {
    // Which cards a rule matches does not depend on the kernels.
    return false;
  }

  /**
   * Asks about a card in the next request. There is one at a time. After a failure, the next rendering of a launcher asks
   * again.
   */
  private _askAbout(key: string, card: Card): void {
    if (this._unasked.size >= MAX_CARDS) {
      return;
    }
    this._unasked.set(key, card);
    if (!this._isRequesting) {
      this._isRequesting = true;
      // All cards of one rendering are in one request.
      void Promise.resolve().then(() => this._request());
    }
  }

  private async _request(): Promise<void> {
    const asked = [...this._unasked];
    this._unasked.clear();
    try {
      const response = await ServerConnection.makeRequest(
        URLExt.join(this._settings.baseUrl, 'scoped-launcher/governed'),
        {
          method: 'POST',
          body: JSON.stringify({ cards: asked.map(([, card]) => card) })
        },
        this._settings
      );
      if (!response.ok) {
        throw new ServerConnection.ResponseError(response);
      }
      const { governed } = (await response.json()) as { governed: unknown[] };
      asked.forEach(([key], i) =>
        // Shown only if the answer says so: a short answer hides the cards that it leaves out.
        this._isGoverned.set(key, governed[i] !== false)
      );
      this._isRequesting = false;
      this._onDecided();
    } catch (error) {
      this._isRequesting = false;
      console.warn(
        'Scoped launcher: cannot get decisions from the server.',
        error
      );
    }
  }

  /** For each card that the server has answered about, by its JSON, whether a rule matches it. */
  private readonly _isGoverned = new Map<string, boolean>();
  /** The cards of the next request, by their JSON. */
  private readonly _unasked = new Map<string, Card>();
  private _isRequesting = false;
}
