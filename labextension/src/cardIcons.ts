import { URLExt } from '@jupyterlab/coreutils';
import { LabIcon, launchIcon, launcherIcon } from '@jupyterlab/ui-components';

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The icons of the policy's cards. Nothing is loaded from other hosts, and no text of the policy becomes markup.
 */
export class CardIcons {
  /**
   * @param _baseUrl - The base URL of the server, which serves the images next to the policy file.
   */
  constructor(private readonly _baseUrl: string) {}

  /**
   * @param name - The icon as the policy writes it: one of JupyterLab's (`ui-components:NAME`), an image next to
   * the policy file (`NAME.svg`), the path of an image on this host, or a `data:image/` URL.
   * @returns The icon; the launcher's own for any other name.
   */
  get(name: string | undefined): LabIcon {
    if (name && /^[\w-]+:[\w-]+$/.test(name)) {
      return LabIcon.resolve({ icon: name });
    }
    const url = name && this._getImageUrl(name);
    return url ? this._getImageIcon(url) : launcherIcon;
  }

  /**
   * @param name - The icon as the policy writes it.
   * @returns The icon with the sign for a new tab, which stands in the corner of a card.
   */
  getForNewTab(name: string | undefined): LabIcon {
    const icon = this.get(name);
    const known = this._newTabIcons.get(icon.name);
    // JupyterLab replaces the image of an icon that another extension brings later.
    if (known?.source === icon.svgstr) {
      return known.icon;
    }
    const newTabIcon = new LabIcon({
      name: `scoped-launcher:new-tab:${icon.name}`,
      svgstr: addNewTabSign(icon.svgstr)
    });
    this._newTabIcons.set(icon.name, {
      source: icon.svgstr,
      icon: newTabIcon
    });
    return newTabIcon;
  }

  /**
   * @returns The URL of an image. Null if the name is none that images are loaded from.
   */
  private _getImageUrl(name: string): string | null {
    // White space is refused: browsers remove some of it, and would read another URL.
    if (/^(\/(?![/\\])|data:image\/)\S*$/.test(name)) {
      return name;
    }
    return /^[^/\\:?#]+\.\w+$/.test(name)
      ? URLExt.join(
          this._baseUrl,
          'scoped-launcher/icons',
          encodeURIComponent(name)
        )
      : null;
  }

  /**
   * @returns The icon with this image. It is made once: `LabIcon` replaces an icon of the same name in the page.
   */
  private _getImageIcon(url: string): LabIcon {
    let icon = this._imageIcons.get(url);
    if (!icon) {
      icon = new LabIcon({
        name: `scoped-launcher:${url}`,
        svgstr: createImageSvg(url)
      });
      this._imageIcons.set(url, icon);
    }
    return icon;
  }

  private readonly _imageIcons = new Map<string, LabIcon>();
  /** The icons with the sign, and the image that each was made of, by the name of that. */
  private readonly _newTabIcons = new Map<
    string,
    { source: string; icon: LabIcon }
  >();
}

/**
 * Adds JupyterLab's sign for a new tab to an image, to the right of its upper corner. The style sheet lets it be seen there.
 */
function addNewTabSign(svgstr: string): string {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('width', '24');
  svg.setAttribute('viewBox', '0 0 24 24');
  const sign = document.createElementNS(SVG, 'g');
  sign.setAttribute('class', 'jp-ScopedLauncher-newTab');
  sign.append(parseSvg(launchIcon.svgstr, 27.5, -2.5, 6.5));
  svg.append(parseSvg(svgstr, 0, 0, 24), sign);
  return new XMLSerializer().serializeToString(svg);
}

/**
 * @returns An image at a place within another. It is empty if the text is no SVG, as `LabIcon` shows it.
 */
function parseSvg(svgstr: string, x: number, y: number, size: number): Element {
  const { documentElement } = new DOMParser().parseFromString(
    svgstr,
    'image/svg+xml'
  );
  const svg =
    documentElement.localName === 'svg'
      ? document.importNode(documentElement, true)
      : document.createElementNS(SVG, 'svg');
  svg.setAttribute('x', String(x));
  svg.setAttribute('y', String(y));
  svg.setAttribute('width', String(size));
  svg.setAttribute('height', String(size));
  return svg;
}

/**
 * An SVG element that embeds an image. An embedded SVG image runs no scripts.
 */
function createImageSvg(url: string): string {
  const image = document.createElementNS(SVG, 'image');
  image.setAttribute('href', url);
  image.setAttribute('width', '24');
  image.setAttribute('height', '24');
  return `<svg xmlns="${SVG}" width="24" viewBox="0 0 24 24">${new XMLSerializer().serializeToString(image)}</svg>`;
}
