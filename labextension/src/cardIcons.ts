import { URLExt } from '@jupyterlab/coreutils';
import { LabIcon, launcherIcon } from '@jupyterlab/ui-components';

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
