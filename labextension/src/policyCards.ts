import type { JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ILauncher } from '@jupyterlab/launcher';
import type { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon, launcherIcon } from '@jupyterlab/ui-components';
import { DisposableSet } from '@lumino/disposable';
import type { IOwnCard } from '../wasm/scoped_launcher.js';
import { OPEN_COMMAND } from './cards';
import { IHub, serverUrl, serviceUrl } from './hub';

/**
 * What a page in a tab within JupyterLab may do: everything an application needs, but not navigate
 * JupyterLab itself away.
 */
const SANDBOX: IFrame.SandboxExceptions[] = [
  'allow-downloads',
  'allow-forms',
  'allow-modals',
  'allow-popups',
  // JupyterLab's type has this one misspelt.
  'allow-popups-to-escape-sandbox' as 'popups-to-escape-sandbox',
  'allow-same-origin',
  'allow-scripts'
];

/**
 * Keeps the policy's own cards in the launcher, and opens what they stand for.
 *
 * They are launcher items like all others: the gate shows those that the engine allows.
 */
export class OwnCards {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _launcher: ILauncher,
    private readonly _hub: IHub,
    trans: TranslationBundle
  ) {
    _app.commands.addCommand(OPEN_COMMAND, {
      label: args => (args as Partial<IOwnCard>).title ?? trans.__('Open'),
      caption: args => (args as Partial<IOwnCard>).description ?? '',
      icon: args => this._iconOf((args as Partial<IOwnCard>).icon),
      describedBy: {
        args: {
          type: 'object',
          required: ['kind', 'name'],
          properties: {
            kind: { type: 'string', enum: ['service', 'server'] },
            name: { type: 'string' },
            owner: { type: 'string' },
            path: { type: 'string' },
            title: { type: 'string' },
            open_in: { type: 'string', enum: ['tab', 'lab'] }
          }
        }
      },
      execute: args => this._open(args as unknown as IOwnCard)
    });
  }

  /**
   * Replaces the cards, if they are others than before.
   */
  set(cards: readonly IOwnCard[]): void {
    const text = JSON.stringify(cards);
    if (text === this._text) {
      return;
    }
    this._text = text;
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

  private _open(card: IOwnCard): MainAreaWidget<IFrame> | undefined {
    const url =
      card.kind === 'service'
        ? serviceUrl(this._hub, card.name, card.path)
        : serverUrl(this._hub, card.owner ?? '', card.name, card.path);
    if (card.open_in !== 'lab') {
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
    widget.title.icon = this._iconOf(card.icon);
    widget.title.closable = true;
    shell.add(widget, 'main');
    return widget;
  }

  /**
   * The icon that a policy names: one of JupyterLab's (`ui-components:NAME`), an image next to the
   * policy (`NAME.svg`), or an image at a path of this host. Nothing is loaded from elsewhere.
   */
  private _iconOf(name: string | undefined): LabIcon {
    if (name && /^[\w-]+:[\w-]+$/.test(name)) {
      return LabIcon.resolve({ icon: name });
    }
    const source = name && this._imageSource(name);
    if (source) {
      return LabIcon.resolve({
        icon: { name: `scoped-launcher:${name}`, svgstr: imageSvg(source) }
      });
    }
    return launcherIcon;
  }

  /**
   * @returns Where the image is; null if that is no place to load an image from.
   */
  private _imageSource(name: string): string | null {
    // No white space: a browser drops some of it, and reads another address.
    if (/^(\/(?![/\\])|data:image\/)\S*$/.test(name)) {
      return name;
    }
    const { baseUrl } = this._app.serviceManager.serverSettings;
    return /^[^/\\:?#]+\.\w+$/.test(name)
      ? URLExt.join(baseUrl, 'scoped-launcher/icons', encodeURIComponent(name))
      : null;
  }

  private _text = '[]';
  private _items = new DisposableSet();
}

/**
 * An image as an SVG element: as an image, it can run no script.
 */
function imageSvg(source: string): string {
  const image = document.createElementNS('http://www.w3.org/2000/svg', 'image');
  image.setAttribute('href', source);
  image.setAttribute('width', '24');
  image.setAttribute('height', '24');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="24" viewBox="0 0 24 24">${new XMLSerializer().serializeToString(image)}</svg>`;
}
