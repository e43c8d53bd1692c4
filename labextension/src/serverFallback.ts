import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IStatus, Standing } from '../wasm/scoped_launcher.js';
import { toCard } from './cards';
import type { IMind } from './guard';

/**
 * Stands in for an engine that could not be loaded: the server's engine says which cards the policy does not
 * govern, and only those are shown.
 */
export class StandIn implements IMind {
  /**
   * @param _settings - How to reach the server.
   * @param _trans - The bundle of `jupyterlab`.
   * @param _onAnswer - Called when `judge` would judge otherwise than before.
   */
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _trans: TranslationBundle,
    private readonly _onAnswer: () => void
  ) {}

  readonly standing: Standing = 'lapsed';

  load(): Promise<IStatus> {
    // It knows no facts, so there is nothing to keep up to date.
    return Promise.resolve({
      standing: this.standing,
      changed: false,
      stale: false,
      refresh_s: 3600,
      warnings: [],
      cards: []
    });
  }

  judge(items: readonly ILauncher.IItemOptions[]): boolean[] {
    if (!this._asking && items.some(item => !this._verdicts.has(item))) {
      this._asking = true;
      this._ask(items).then(this._onAnswer, (reason: unknown) => {
        // Asked again when a launcher is drawn again.
        console.warn('Scoped launcher: the server does not decide', reason);
      });
    }
    return items.map(item => this._verdicts.get(item) === true);
  }

  nextChangeMs(): undefined {
    return undefined;
  }

  setKernelspecs(): void {
    // What is governed depends on no kernel.
  }

  private async _ask(items: readonly ILauncher.IItemOptions[]): Promise<void> {
    try {
      const cards = items.map(item => toCard(item, this._trans));
      const response = await ServerConnection.makeRequest(
        URLExt.join(this._settings.baseUrl, 'scoped-launcher/ungoverned'),
        {
          method: 'POST',
          body: JSON.stringify({ cards: cards.filter(card => card !== null) })
        },
        this._settings
      );
      if (!response.ok) {
        throw new ServerConnection.ResponseError(response);
      }
      const { ungoverned } = (await response.json()) as {
        ungoverned: boolean[];
      };
      let next = 0;
      items.forEach((item, i) => {
        const verdict = cards[i] !== null && ungoverned[next++] === true;
        this._verdicts.set(item, verdict);
      });
    } finally {
      this._asking = false;
    }
  }

  private readonly _verdicts = new WeakMap<ILauncher.IItemOptions, boolean>();
  private _asking = false;
}
