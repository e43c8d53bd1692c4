import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ILauncher } from '@jupyterlab/launcher';
import type { Card } from '../../wasm/scoped_launcher.js';
import { withKernelspec } from '../launcherItem';
import type { ILauncherState } from '../launcherState';

/**
 * A card of the page, and the launcher item that it describes.
 */
export interface IPageCard {
  card: Card;
  item: ILauncher.IItemOptions;
}

/**
 * The cards of the launcher's items, with what the kernelspecs say.
 *
 * @param state - The launcher.
 * @param specs - Has the kernelspecs.
 */
export function getPageCards(
  state: ILauncherState,
  specs: JupyterFrontEnd['serviceManager']['kernelspecs']
): IPageCard[] {
  return (state.items?.getAllItems() ?? []).flatMap((item, i) => {
    const card = state.toCard(item);
    if (card === null) {
      return [];
    }
    const described = withKernelspec(card, specs.specs);
    // Several items may run one command: the id tells them apart in the answer.
    return [{ card: { ...described, id: `page:${i}` }, item }];
  });
}
