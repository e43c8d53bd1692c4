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
 * How many cards that are not in the launcher the engine keeps. With more, it starts over.
 */
const MAX_OTHER_CARDS = 2000;

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

  async load(): Promise<LoadResult> {
    const url = URLExt.join(this._settings.baseUrl, 'scoped-launcher/context');
    try {
      return await this._engine.load(
        url,
        createHeaders(this._settings),
        LOAD_TIMEOUT_MS
      );
    } finally {
      this._decisions = null;
    }
  }

  decide(items: readonly ILauncher.IItemOptions[]): boolean[] {
    if (this._hasOldTexts || !this._hasItems(items)) {
      this._setItems(items);
    }
    this._decisions = null;
    const decisions = this._decideAll();
    const hasNoPolicy = this.status === 'no_policy';
    let next = 0;
    return this._itemCards.map(card =>
      card === null ? hasNoPolicy : decisions[next++] === 1
    );
  }

  decideCard(card: Card): ICardDecision {
    const index = this._indexOf(card);
    const isShown = this._decideAll()[index] === 1;
    const isGoverned = this._engine.decision(index)?.rule !== undefined;
    return { isShown, isGoverned };
  }

  nextChangeMs(): number | undefined {
    return this._engine.nextChangeMs();
  }

  setKernelspecs(specs: KernelSpec.ISpecModels): void {
    const kernelspecs: Kernelspec[] = Object.values(specs.kernelspecs)
      .filter(spec => spec !== undefined)
      .map(({ name, display_name, language, metadata }) => ({
        name,
        display_name,
        language,
        tags: getTags(metadata)
      }));
    this._engine.setKernelspecs(JSON.stringify(kernelspecs));
    this._decisions = null;
  }

  private _setItems(items: readonly ILauncher.IItemOptions[]): void {
    this._itemCards = items.map(item => toCard(item, this._texts));
    this._items = items;
    this._hasOldTexts = false;
    this._setCards();
  }

  /**
   * Passes the cards to the engine if they have changed: those of the items, then the others.
   */
  private _setCards(): void {
    const cards = this._itemCards.filter(card => card !== null);
    const json = JSON.stringify([...cards, ...this._otherCards.values()]);
    if (json !== this._cardsJson) {
      this._engine.setCards(json);
      this._cardsJson = json;
      this._decisions = null;
      this._itemCardCount = cards.length;
    }
  }

  /**
   * @returns The position of a card that is not in the launcher among the engine's cards.
   */
  private _indexOf(card: Card): number {
    const key = JSON.stringify(card);
    if (!this._otherCards.has(key)) {
      if (this._otherCards.size >= MAX_OTHER_CARDS) {
        this._otherCards.clear();
        this._otherIndexes.clear();
      }
      this._otherIndexes.set(key, this._otherCards.size);
      this._otherCards.set(key, card);
      this._setCards();
    }
    return this._itemCardCount + (this._otherIndexes.get(key) ?? 0);
  }

  /**
   * @returns The decisions on all of the engine's cards, which are kept until something changes.
   */
  private _decideAll(): Uint8Array {
    if (this._decisions === null || Date.now() >= this._decisionsEndMs) {
      this._decisions = this._engine.decide();
      this._decisionsEndMs =
        Date.now() + (this._engine.nextChangeMs() ?? Infinity);
    }
    return this._decisions;
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
  private _itemCardCount = 0;
  /** Cards that were asked about and are not in the launcher, by their JSON. */
  private readonly _otherCards = new Map<string, Card>();
  private readonly _otherIndexes = new Map<string, number>();
  /** The cards that the engine has. */
  private _cardsJson = '[]';
  /** Whether a label may have changed since the engine was given the cards. */
  private _hasOldTexts = false;
  private _decisions: Uint8Array | null = null;
  /** When `_decisions` may change by themselves, by `Date.now()`. */
  private _decisionsEndMs = 0;
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
