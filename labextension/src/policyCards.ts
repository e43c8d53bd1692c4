import type { JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  ReadonlyJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { CardKind } from '../wasm/scoped_launcher.js';
import { CardIcons } from './cardIcons';
import {
  type IHubLocation,
  confinePath,
  serverUrl,
  serviceUrl
} from './hubUrls';
import { OPEN_COMMAND } from './launcherItem';
import { isWebAddress } from './webLinks';

/**
 * A card that the policy adds to the launcher, as the server answers it. Rules decide whether it is shown.
 */
export interface IPolicyCard {
  /** `service`, `server` or `link`. */
  kind: CardKind;
  /** The name of the service or server; the id of a link. */
  name: string;
  /** The owner of the server. */
  owner?: string | null;
  /** What stands on it. */
  title: string;
  /** The title that rules match, where the policy has it in several languages. */
  policy_title?: string;
  /** Tooltip. */
  description?: string;
  /** The launcher section. */
  category?: string | null;
  /** See `CardIcons`. */
  icon?: string;
  /** Order within its category: smaller comes first. */
  rank?: number;
  /** Tags for rules to match. */
  tags: string[];
  /** Where its page opens: a tab of the browser, or a tab within JupyterLab. */
  open_in: 'tab' | 'lab';
  /** The id that the policy gives it. */
  policy_card: string;
  /** Of a service or server: a path below it. */
  path?: string;
  /** Of a link: a page of the visitor's own server, below its base URL. */
  page?: string;
  /** Of a link: a file or directory. */
  file?: string;
  /** Of a link: an outside address. */
  url?: string;
  /** Of a link: a command. */
  command?: string | null;
  /** The arguments of `command`. */
  args?: ReadonlyPartialJSONObject;
}

/**
 * What a page in a tab within JupyterLab may do: everything that an application needs, but not navigate the
 * browser away from JupyterLab.
 */
const SANDBOX: IFrame.SandboxExceptions[] = [
  'allow-downloads',
  'allow-forms',
  'allow-modals',
  'allow-popups',
  // JupyterLab's type lacks the prefix of this one.
  'allow-popups-to-escape-sandbox' as 'popups-to-escape-sandbox',
  'allow-same-origin',
  'allow-scripts'
];

/**
 * Adds the policy's own cards to the launcher, and opens their pages.
 *
 * The cards are launcher items like all others: the launcher filter hides those that the engine does not show.
 */
export class PolicyCards {
  /**
   * Adds the command that opens the cards.
   *
   * @param _app - Where pages within JupyterLab are opened.
   * @param _launcher - Where the cards are added.
   * @param _hub - Where services and servers are. Null without a Hub: then there are no cards for them.
   * @param trans - The bundle of this package.
   */
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _launcher: ILauncher,
    private readonly _hub: IHubLocation | null,
    trans: TranslationBundle
  ) {
    this._icons = new CardIcons(_app.serviceManager.serverSettings.baseUrl);
    _app.commands.addCommand(OPEN_COMMAND, {
      label: args => (args as Partial<IPolicyCard>).title ?? trans.__('Open'),
      caption: args => getCaption(args, trans),
      icon: args => {
        const card = args as Partial<IPolicyCard>;
        return opensBrowserTab(card)
          ? this._icons.getForNewTab(card.icon)
          : this._icons.get(card.icon);
      },
      describedBy: {
        args: {
          type: 'object',
          required: ['kind', 'name'],
          properties: {
            kind: {
              type: 'string',
              enum: ['service', 'server', 'link']
            },
            name: { type: 'string' },
            owner: { type: 'string' },
            title: { type: 'string' },
            path: { type: 'string' },
            page: { type: 'string' },
            file: { type: 'string' },
            url: { type: 'string' },
            command: { type: 'string' },
            args: { type: 'object' },
            open_in: { type: 'string', enum: ['tab', 'lab'] }
          }
        }
      },
      execute: args => this._open(args as unknown as IPolicyCard)
    });
  }

  /**
   * Replaces the cards in the launcher. A card that stays the same stays in place, with the keyboard focus.
   *
   * @param json - A JSON list of `IPolicyCard`, as the server answers it. A card that opens nothing that a page may
   * open is left out, and the console says why.
   */
  setCards(json: string): void {
    if (json === this._cardsJson) {
      return;
    }
    this._cardsJson = json;
    const list = JSON.parse(json) as IPolicyCard[];
    const cards = new Map(list.map(card => [JSON.stringify(card), card]));
    for (const [key, item] of this._items) {
      if (!cards.has(key)) {
        item.dispose();
        this._items.delete(key);
      }
    }
    for (const [key, card] of cards) {
      if (!this._items.has(key) && this._canOpen(card)) {
        this._items.set(key, this._addItem(card));
      }
    }
  }

  private _canOpen(card: IPolicyCard): boolean {
    if (card.command || card.file || this._getUrl(card)) {
      return true;
    }
    // Without a Hub there are no services and servers.
    if (card.kind === 'link') {
      const reason = card.url
        ? `its url does not start with https:// or http://: ${card.url}`
        : 'it does not say what it opens';
      console.warn(
        `Scoped launcher: the card ${card.policy_card} is not shown: ${reason}`
      );
    }
    return false;
  }

  private _addItem(card: IPolicyCard): IDisposable {
    return this._launcher.add({
      command: OPEN_COMMAND,
      args: { ...card } as unknown as ReadonlyJSONObject,
      category: card.category ?? undefined,
      rank: card.rank,
      metadata: { tags: card.tags }
    });
  }

  private _open(
    card: IPolicyCard
  ): Promise<unknown> | MainAreaWidget<IFrame> | undefined {
    const { commands } = this._app;
    if (card.command) {
      return commands.execute(card.command, card.args);
    }
    if (card.file !== undefined) {
      return commands.execute('filebrowser:open-path', { path: card.file });
    }
    const url = this._getUrl(card);
    if (!url) {
      return undefined;
    }
    if (opensBrowserTab(card)) {
      window.open(url, '_blank', 'noopener,noreferrer');
      return undefined;
    }
    return this._openInLab(card, url);
  }

  private _openInLab(
    card: IPolicyCard,
    url: string
  ): MainAreaWidget<IFrame> | undefined {
    const { shell } = this._app;
    const id = `scoped-launcher-${url}`;
    for (const widget of shell.widgets('main')) {
      if (widget.id === id) {
        shell.activateById(id);
        return undefined;
      }
    }
    const content = new IFrame({ sandbox: SANDBOX });
    content.url = url;
    content.addClass('jp-ScopedLauncher-frame');
    const widget = new MainAreaWidget({ content });
    widget.id = id;
    widget.title.label = card.title;
    widget.title.icon = this._icons.get(card.icon);
    widget.title.closable = true;
    shell.add(widget, 'main');
    return widget;
  }

  /**
   * @returns The URL that a card opens. Null if it opens none that a page may open, or there is no Hub.
   */
  private _getUrl(card: IPolicyCard): string | null {
    if (card.kind === 'service') {
      return this._hub && serviceUrl(this._hub, card.name, card.path);
    }
    if (card.kind === 'server') {
      return (
        this._hub &&
        serverUrl(this._hub, card.owner ?? '', card.name, card.path)
      );
    }
    if (card.page !== undefined) {
      const { baseUrl } = this._app.serviceManager.serverSettings;
      return URLExt.join(baseUrl, confinePath(card.page));
    }
    return card.url !== undefined && isWebAddress(card.url) ? card.url : null;
  }

  private readonly _icons: CardIcons;
  private _cardsJson = '[]';
  /** What is in the launcher, by the JSON of its card. */
  private readonly _items = new Map<string, IDisposable>();
}

/**
 * The tooltip of a card, which is its description for screen readers, too. The sign for a new tab is an image without a text.
 */
function getCaption(
  card: Partial<IPolicyCard>,
  trans: TranslationBundle
): string {
  const description = card.description ?? '';
  if (!opensBrowserTab(card)) {
    return description;
  }
  return description
    ? trans.__('%1 (opens a new browser tab)', description)
    : trans.__('Opens a new browser tab');
}

/**
 * Whether a card opens a page in a tab of the browser, and nothing within JupyterLab.
 */
function opensBrowserTab(card: Partial<IPolicyCard>): boolean {
  return !card.command && card.file === undefined && card.open_in !== 'lab';
}
