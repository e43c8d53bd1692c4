import type { ILauncher } from '@jupyterlab/launcher';
import type { CommandRegistry } from '@lumino/commands';
import { type JSONObject, JSONExt } from '@lumino/coreutils';
import { CardIcons } from './cardIcons';

/**
 * Gives the launcher the images of items in any section. JupyterLab draws an item's image (`kernelIconUrl`) in its sections
 * Notebook and Console alone: the card of a proxied service in a section of its own would have none.
 *
 * @param commands - The commands of the application. A command that has an icon keeps it.
 * @param getItems - Returns the items of the launcher.
 * @param baseUrl - The base URL of the server.
 */
export function drawItemImages(
  commands: CommandRegistry,
  getItems: () => readonly ILauncher.IItemOptions[],
  baseUrl: string
): void {
  const icons = new CardIcons(baseUrl);
  const getIcon = commands.icon.bind(commands);
  commands.icon = (id, args) => {
    const icon = getIcon(id, args);
    // Whoever draws a launcher item passes its `cwd`, too.
    if (icon || !args || !('cwd' in args)) {
      return icon;
    }
    const item = getItems().find(
      item =>
        item.command === id && item.kernelIconUrl && contains(args, item.args)
    );
    // jupyter-server-proxy puts names into its URLs as they are.
    return item && icons.get(item.kernelIconUrl?.replaceAll(' ', '%20'));
  };
}

function contains(
  args: object,
  itemArgs: ILauncher.IItemOptions['args']
): boolean {
  const given = args as JSONObject;
  return Object.entries(itemArgs ?? {}).every(
    ([key, value]) =>
      given[key] === value ||
      (given[key] !== undefined &&
        value !== undefined &&
        JSONExt.deepEqual(given[key], value))
  );
}
