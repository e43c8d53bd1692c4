import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { followContextEvents } from './contextEvents';
import { addCopyCommand } from './copyCards';
import { loadEngine, WasmDecisionSource } from './engine';
import { getPageHub } from './hubUrls';
import { drawItemImages } from './itemImages';
import { LauncherController } from './launcherController';
import { LauncherFilter } from './launcherFilter';
import { ErrorNotifier } from './notifications';
import { ILauncherState } from './launcherState';
import { PolicyCards } from './policyCards';
import { ServerFallback } from './serverFallback';

const PLUGIN_ID = 'jupyterlab-scoped-launcher:plugin';

/**
 * How long the engine may take to load until the server decides in its place, in milliseconds.
 */
const ENGINE_TIMEOUT_MS = 10_000;

// The engine loads together with this module, before JupyterLab activates its plugins, so that the first card
// need not wait for it.
const enginePromise = loadEngine();
// `activate` handles a failure. Until then, the browser must not report it as unhandled.
enginePromise.catch(() => undefined);

/**
 * Filters the launcher by the policy. Applications without a launcher, such as Jupyter Notebook, have the decisions alone.
 */
export const launcherPlugin: JupyterFrontEndPlugin<ILauncherState> = {
  id: PLUGIN_ID,
  description:
    'Shows the launcher cards that the policy allows, and adds its own.',
  autoStart: true,
  provides: ILauncherState,
  optional: [ILauncher, ITranslator, ISettingRegistry, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher | null,
    translator: ITranslator | null,
    settingRegistry: ISettingRegistry | null,
    palette: ICommandPalette | null
  ) => {
    // First, and without awaiting anything: from here on, every card is decided before it is rendered.
    const filter = launcher && new LauncherFilter(launcher as ILauncher.IModel);

    const translated = translator ?? nullTranslator;
    const labTrans = translated.load('jupyterlab');
    const trans = translated.load('jupyterlab_scoped_launcher');
    const texts = {
      commands: app.commands,
      trans: labTrans,
      language: translated.languageCode
    };
    const policyCards =
      launcher && new PolicyCards(app, launcher, getPageHub(), trans);
    const notifier = new ErrorNotifier(trans);
    const controller = new LauncherController(
      app,
      filter,
      policyCards,
      texts,
      notifier
    );
    const { events, serverSettings } = app.serviceManager;
    followContextEvents(events, () => controller.reload());
    const useFallback = (reason: unknown) =>
      controller.useFallback(
        reason,
        new ServerFallback(serverSettings, texts, () => controller.update(true))
      );
    const engineTimeout = setTimeout(
      () => useFallback(new Error('The engine did not load in time.')),
      ENGINE_TIMEOUT_MS
    );
    enginePromise
      .then(engine =>
        // After the timeout, too: the engine then replaces the fallback.
        controller.setDecisionSource(
          new WasmDecisionSource(engine, serverSettings, texts)
        )
      )
      .catch(useFallback)
      .finally(() => clearTimeout(engineTimeout));

    if (filter) {
      drawItemImages(
        app.commands,
        () => filter.getAllItems(),
        serverSettings.baseUrl
      );
      addCopyCommand(app, filter, texts, trans, palette);
    }

    settingRegistry?.load(PLUGIN_ID).then(
      settings => {
        const applySettings = () => {
          notifier.enabled = settings.get('showNotifications')
            .composite as boolean;
        };
        settings.changed.connect(applySettings);
        applySettings();
      },
      (reason: unknown) =>
        console.error('Scoped launcher: cannot load the settings.', reason)
    );
    return controller;
  }
};
