import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { infoIcon } from '@jupyterlab/ui-components';
import type { Widget } from '@lumino/widgets';
import type { AccessModel } from './accessModel';
import { AccessPanel, type IPanelActions } from './accessPanel';
import { CommandIDs } from './commands';
import type { IRequester } from './contactLink';

/**
 * What the panel shows.
 */
interface IPanelParts {
  actions: IPanelActions;
  createBanner: () => Widget;
  getRequester: () => IRequester;
  model: AccessModel;
  trans: TranslationBundle;
}

/**
 * Adds the command that opens the panel "Launcher access". There is one panel at a time.
 *
 * @returns Whether the panel is open, and the visitor sees it.
 */
export function addPanelCommand(
  { commands, shell }: JupyterFrontEnd,
  { actions, createBanner, getRequester, model, trans }: IPanelParts
): () => boolean {
  let panel: MainAreaWidget<AccessPanel> | null = null;
  commands.addCommand(CommandIDs.open, {
    label: trans.__('Launcher Access'),
    caption: trans.__('Why launcher cards are shown or hidden'),
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => {
      if (!panel || panel.isDisposed) {
        const content = new AccessPanel(model, getRequester, actions, trans);
        panel = new MainAreaWidget({ content });
        panel.id = 'scoped-launcher-access-panel';
        panel.title.label = trans.__('Launcher Access');
        panel.title.icon = infoIcon;
        panel.title.closable = true;
        panel.contentHeader.addWidget(createBanner());
      }
      if (!panel.isAttached) {
        shell.add(panel, 'main');
      }
      shell.activateById(panel.id);
      // A picture of somebody else stays as it is.
      if (model.subject === null) {
        void model.load();
      }
    }
  });
  return () => panel?.isVisible ?? false;
}
