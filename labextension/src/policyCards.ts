import type { JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon, launcherIcon } from '@jupyterlab/ui-components';
import { DisposableSet } from '@lumino/disposable';
import type { CardKind, PolicyCard } from '../wasm/scoped_launcher.js';
import { type IHubLocation, serverUrl, serviceUrl } from './hubUrls';
import { OPEN_COMMAND } from './launcherItem';

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

type GetUrl = (hub: IHubLocation, card: PolicyCard) => string;

/**
 * The URL that a card opens, by its kind. Null for kinds that a policy cannot add to the launcher.
 */
const URL_BY_KIND: Record<CardKind, GetUrl | null> = {
  service: (hub, card) => serviceUrl(hub, card.name, card.path),
  server: (hub, card) => serverUrl(hub, card.owner ?? '', card.name, card.path),
  kernel: null,
  proxy: null,
  command: null
};

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
   * @param _hub - Where services and servers are.
   * @param trans - The bundle of this package.
   */
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _launcher: ILauncher,
    private readonly _hub: IHubLocation,
    trans: TranslationBundle
  ) {
    _app.commands.addCommand(OPEN_COMMAND, {
      label: args => (args as Partial<PolicyCard>).title ?? trans.__('Open'),
      caption: args => (args as Partial<PolicyCard>).description ?? '',
      icon: args => this._getIcon((args as Partial<PolicyCard>).icon),
      describedBy: {
        args: {
          type: 'object',
          required: ['kind', 'name'],
          properties: {
            kind: {
              type: 'string',
              enum: Object.keys(URL_BY_KIND).filter(
                kind => URL_BY_KIND[kind as CardKind] !== null
              )
            },
            name: { type: 'string' },
            owner: { type: 'string' },
            path: { type: 'string' },
            title: { type: 'string' },
            openIn: { type: 'string', enum: ['tab', 'lab'] }
          }
        }
      },
      execute: args => this._open(args as unknown as PolicyCard)
    });
  }

  /**
   * Replaces the cards in the launcher, if they have changed.
   */
  setCards(cards: readonly PolicyCard[]): void {
    const json = JSON.stringify(cards);
    if (json === this._cardsJson) {
      return;
    }
    this._cardsJson = json;
    this._items.dispose();
    this._items = DisposableSet.from(
      cards.map(card =>
        this._launcher.add({
          command: OPEN_COMMAND,
          args: { ...card },
          category: card.category,
          rank: card.rank,
          metadata: { tags: card.tags }
        })
      )
    );
  }

  private _open(card: PolicyCard): MainAreaWidget<IFrame> | undefined {
    const url = URL_BY_KIND[card.kind]?.(this._hub, card);
    if (url === undefined) {
      return undefined;
    }
    if (card.openIn !== 'lab') {
      window.open(url, '_blank', 'noopener');
      return undefined;
    }
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
    widget.title.icon = this._getIcon(card.icon);
    widget.title.closable = true;
    shell.add(widget, 'main');
    return widget;
  }

  /**
   * @param name - The icon as the policy writes it: one of JupyterLab's (`ui-components:NAME`), an image next to
   * the policy file (`NAME.svg`), or the path of an image on this host.
   * @returns The launcher's own icon for any other name: nothing is loaded from other hosts.
   */
  private _getIcon(name: string | undefined): LabIcon {
    if (name && /^[\w-]+:[\w-]+$/.test(name)) {
      return LabIcon.resolve({ icon: name });
    }
    const url = name && this._getImageUrl(name);
    if (url) {
      return LabIcon.resolve({
        icon: { name: `scoped-launcher:${name}`, svgstr: createImageSvg(url) }
      });
    }
    return launcherIcon;
  }

  /**
   * @returns The URL of an image. Null if the name is none that images are loaded from.
   */
  private _getImageUrl(name: string): string | null {
    // White space is refused: browsers remove some of it, and would read another URL.
    if (/^(\/(?![/\\])|data:image\/)\S*$/.test(name)) {
      return name;
    }
    const { baseUrl } = this._app.serviceManager.serverSettings;
    return /^[^/\\:?#]+\.\w+$/.test(name)
      ? URLExt.join(baseUrl, 'scoped-launcher/icons', encodeURIComponent(name))
      : null;
  }

  private _cardsJson = '[]';
  private _items = new DisposableSet();
}

/**
 * An SVG element that embeds an image. An embedded SVG image runs no scripts.
 */
function createImageSvg(url: string): string {
  const image = document.createElementNS('http://www.w3.org/2000/svg', 'image');
  image.setAttribute('href', url);
  image.setAttribute('width', '24');
  image.setAttribute('height', '24');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="24" viewBox="0 0 24 24">${new XMLSerializer().serializeToString(image)}</svg>`;
}
