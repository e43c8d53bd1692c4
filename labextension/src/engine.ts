import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import type { KernelSpec, ServerConnection } from '@jupyterlab/services';
import init, {
  Engine,
  type Card,
  type EngineStatus,
  type Kernelspec,
  type LoadResult
} from '../wasm/scoped_launcher.js';
import type { ICardDecision, IDecisionSource } from './decisionSource';
import { type ITextSource, getTags, toCard } from './launcherItem';

/**
 * How long the server may take to answer, in milliseconds. The server itself waits five seconds for the Hub.
 */
const LOAD_TIMEOUT_MS = 15_000;

/**
 * Loads the WebAssembly engine. The bundler sets the URL of its file, so that it is right under any base
 * URL.
 *
 * @returns An engine without policy, context and cards. Rejects if the file is missing or cannot be compiled.
 */
export async function loadEngine(): Promise<Engine> {
  await init();
  return new Engine();
}

/**
 * Decides with the WebAssembly engine in the page. The engine keeps the cards: they are passed to it only when
 * the launcher's items change.
 */
export class WasmDecisionSource implements IDecisionSource {
  /**
   * @param _engine - A loaded engine, used by nothing else.
   * @param _settings - How to reach the server.
   * @param _texts - Where the texts on launcher items come from.
   * @throws `Error` with a `code` if the page carries a policy summary that the engine cannot read.
   */
  constructor(
    private readonly _engine: Engine,
    private readonly _settings: ServerConnection.ISettings,
    private readonly _texts: ITextSource
  ) {
    // A command can come after its item, and its label can change.
    _texts.commands.commandChanged.connect(() => (this._hasOldTexts = true));
    // With the summary, cards that no rule matches are shown before the context is there.
    const summary = PageConfig.getOption('scopedLauncherPolicySummary');
    if (summary) {
      _engine.setPolicySummary(summary);
    }
  }

  get status(): EngineStatus {
    return this._engine.status;
  }

  load(): Promise<LoadResult> {
    const url = URLExt.join(
      this._settings.baseUrl,
      // The policy's own cards have their titles in several languages.
      'scoped-launcher/context' +
        URLExt.objectToQueryString({ lang: this._texts.language })
    );
    return this._engine.load(
      url,
      createHeaders(this._settings),
      LOAD_TIMEOUT_MS
    );
  }

  decide(items: readonly ILauncher.IItemOptions[]): boolean[] {
    if (this._hasOldTexts || !this._hasItems(items)) {
      this._setItems(items);
    }
    const decisions = this._engine.decide();
    const hasNoPolicy = this.status === 'no_policy';
    let next = 0;
    return this._itemCards.map(card =>
      card === null ? hasNoPolicy : decisions[next++] === 1
    );
  }

  decideCard(card: Card): ICardDecision {
    const [decision] = this._engine.decideOthers(JSON.stringify([card]));
    return { isShown: (decision & 1) !== 0, isGoverned: (decision & 2) !== 0 };
  }

  nextChangeMs(): number | undefined {
    return this._engine.nextChangeMs();
  }

  setKernelspecs(specs: KernelSpec.ISpecModels): boolean {
    const kernelspecs: Kernelspec[] = Object.values(specs.kernelspecs)
      .filter(spec => spec !== undefined)
      .map(({ name, display_name, language, metadata }) => ({
        name,
        display_name,
        language,
        tags: getTags(metadata)
      }));
    const json = JSON.stringify(kernelspecs);
    if (json === this._kernelspecsJson) {
      return false;
    }
    this._engine.setKernelspecs(json);
    this._kernelspecsJson = json;
    return true;
  }

  private _setItems(items: readonly ILauncher.IItemOptions[]): void {
    this._itemCards = items.map(item => toCard(item, this._texts));
    this._items = items;
    this._hasOldTexts = false;
    const json = JSON.stringify(this._itemCards.filter(card => card !== null));
    if (json !== this._cardsJson) {
      this._engine.setCards(json);
      this._cardsJson = json;
    }
  }

  private _hasItems(items: readonly ILauncher.IItemOptions[]): boolean {
    return (
      items.length === this._items.length &&
      items.every((item, i) => item === this._items[i])
    );
  }

  private _items: readonly ILauncher.IItemOptions[] = [];
  /** One for each item; null for an item that cannot be described to the engine. */
  private _itemCards: (Card | null)[] = [];
  /** The cards that the engine has. */
  private _cardsJson = '[]';
  /** Whether a label may have changed since the engine was given the cards. */
  private _hasOldTexts = false;
  /** The kernels that the engine has. */
  private _kernelspecsJson = '';
}

/**
 * The headers of JupyterLab's own requests to the server.
 */
function createHeaders(settings: ServerConnection.ISettings): Headers {
  const headers = new Headers({ Accept: 'application/json' });
  if (settings.token) {
    headers.set('Authorization', `token ${settings.token}`);
  }
  // Of several cookies with this name, the server uses the last.
  const xsrf = /(?:^|.*;)\s*_xsrf=([^;]*)/.exec(document.cookie)?.[1];
  if (xsrf !== undefined) {
    headers.set('X-XSRFToken', xsrf);
  }
  return headers;
}
