import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import type { KernelSpec, ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import init, {
  Engine,
  type ICard,
  type IStatus,
  type Standing
} from '../wasm/scoped_launcher.js';
import { tagsOf, toCard } from './cards';
import type { IMind } from './guard';

/**
 * How long the server may take to answer, in milliseconds. It gives the Hub five seconds.
 */
const LOAD_TIMEOUT_MS = 15_000;

/**
 * Loads and starts the WebAssembly engine. The URL of its file is the bundler's, so it is right under any
 * base URL; a missing file rejects here instead of breaking the module.
 */
export async function startEngine(): Promise<Engine> {
  await init();
  return new Engine();
}

/**
 * The engine in the page. It keeps the cards: they cross the border only when they change.
 */
export class EngineMind implements IMind {
  /**
   * @param _engine - Started.
   * @param _settings - How to reach the server.
   * @param _trans - The bundle of `jupyterlab`.
   */
  constructor(
    private readonly _engine: Engine,
    private readonly _settings: ServerConnection.ISettings,
    private readonly _trans: TranslationBundle
  ) {
    // The server puts an outline of the policy into the page: enough to show at once what is not governed.
    const outline = PageConfig.getOption('scopedLauncherOutline');
    if (outline) {
      _engine.set_outline(JSON.parse(outline));
    }
  }

  get standing(): Standing {
    return this._engine.standing;
  }

  load(): Promise<IStatus> {
    const url = URLExt.join(this._settings.baseUrl, 'scoped-launcher/context');
    return this._engine.load(url, authorized(this._settings), LOAD_TIMEOUT_MS);
  }

  judge(items: readonly ILauncher.IItemOptions[]): boolean[] {
    if (!this._isKnown(items)) {
      this._cards = items.map(item => toCard(item, this._trans));
      this._engine.set_cards(this._cards.filter(card => card !== null));
      this._items = items;
    }
    const verdicts = this._engine.decide();
    const isUngoverned = this.standing === 'ungoverned';
    let next = 0;
    return this._cards.map(card =>
      card === null ? isUngoverned : verdicts[next++] === 1
    );
  }

  nextChangeMs(): number | undefined {
    return this._engine.next_change_ms();
  }

  setKernelspecs(specs: KernelSpec.ISpecModels): void {
    this._engine.set_kernelspecs(
      Object.values(specs.kernelspecs)
        .filter(spec => spec !== undefined)
        .map(({ name, metadata }) => ({ name, tags: tagsOf(metadata) }))
    );
  }

  private _isKnown(items: readonly ILauncher.IItemOptions[]): boolean {
    return (
      items.length === this._items.length &&
      items.every((item, i) => item === this._items[i])
    );
  }

  private _items: readonly ILauncher.IItemOptions[] = [];
  private _cards: (ICard | null)[] = [];
}

/**
 * The headers of JupyterLab's own requests to the server.
 */
function authorized(settings: ServerConnection.ISettings): Headers {
  const headers = new Headers({ Accept: 'application/json' });
  if (settings.token) {
    headers.set('Authorization', `token ${settings.token}`);
  }
  // Of several cookies, the server believes the last.
  const xsrf = /(?:^|.*;)\s*_xsrf=([^;]*)/.exec(document.cookie)?.[1];
  if (xsrf !== undefined) {
    headers.set('X-XSRFToken', xsrf);
  }
  return headers;
}
