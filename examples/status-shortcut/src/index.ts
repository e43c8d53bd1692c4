/**
 * A shortcut to a proxied web service in the status bar, for those whom the launcher policy lets use it.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { ICardQuery, IScopedLauncher } from 'jupyterlab-scoped-launcher';
import { ShortcutItem } from './shortcutItem';

const PLUGIN_ID = 'jupyterlab-status-shortcut:plugin';

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Adds a shortcut to a web service to the status bar.',
  autoStart: true,
  requires: [IStatusBar, ISettingRegistry],
  activate: async (
    app: JupyterFrontEnd,
    statusBar: IStatusBar,
    settingRegistry: ISettingRegistry
  ) => {
    const settings = await settingRegistry.load(PLUGIN_ID);
    const launcher = await findScopedLauncher(app);
    const item = new ShortcutItem();
    statusBar.registerStatusItem(PLUGIN_ID, {
      item,
      align: 'left',
      rank: 10,
      isActive: () => item.isOffered,
      activeStateChanged: item.offeredChanged
    });

    const getService = () => settings.get('service').composite as string;
    const getCard = (): ICardQuery => ({ kind: 'proxy', name: getService() });

    const update = () => {
      item.label =
        (settings.get('label').composite as string) || getService();
      item.url = URLExt.join(
        app.serviceManager.serverSettings.baseUrl,
        encodeURIComponent(getService()),
        '/'
      );
      // Without the package there is no policy, and everybody may use everything.
      item.isOffered = getService() !== '' && (launcher?.may(getCard()) ?? true);
    };

    const tellWhy = async () => {
      const { isShown, sentence } = await launcher!.explain(getCard());
      if (!isShown) {
        // Without `autoClose`, the notification would be in JupyterLab's list of notifications alone.
        Notification.info(`${item.label}: ${sentence}`, { autoClose: false });
      }
    };

    settings.changed.connect(update);
    launcher?.changed.connect(() => {
      const wasOffered = item.isOffered;
      update();
      if (wasOffered && !item.isOffered) {
        tellWhy().catch(console.warn);
      }
    });
    update();
  }
};

/**
 * Returns what answers questions about the policy; null if jupyterlab-scoped-launcher is not installed.
 *
 * The import is dynamic, so that this extension also works without that package.
 */
async function findScopedLauncher(
  app: JupyterFrontEnd
): Promise<IScopedLauncher | null> {
  let module;
  try {
    module = await import('jupyterlab-scoped-launcher');
  } catch {
    return null;
  }
  return app.resolveOptionalService(module.IScopedLauncher);
}

export default plugin;
