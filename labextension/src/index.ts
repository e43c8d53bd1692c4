import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { EngineMind, startEngine } from './engine';
import { Gate } from './gate';
import { LauncherGuard } from './guard';
import { hubOfPage } from './hub';
import { OwnCards } from './ownCards';
import { StandIn } from './standIn';
import { TroubleTeller } from './trouble';

const PLUGIN_ID = 'jupyterlab-scoped-launcher:gate';

/**
 * How long the engine may take to load, in milliseconds.
 */
const PATIENCE_MS = 10_000;

// Started with the module, long before JupyterLab starts its plugins: the first card waits for nothing.
const engine = startEngine();
// Whoever awaits the engine hears of its failure.
engine.catch(() => undefined);

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description:
    'Shows the launcher cards that the policy allows, and adds its own.',
  autoStart: true,
  requires: [ILauncher],
  optional: [ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher,
    translator: ITranslator | null,
    settingRegistry: ISettingRegistry | null
  ) => {
    // First, and without awaiting anything: from here on no card is drawn that was not decided on.
    const gate = new Gate(launcher as ILauncher.IModel);

    const labTrans = (translator ?? nullTranslator).load('jupyterlab');
    const trans = (translator ?? nullTranslator).load(
      'jupyterlab_scoped_launcher'
    );
    const hub = hubOfPage();
    const ownCards = hub && new OwnCards(app, launcher, hub, trans);
    const teller = new TroubleTeller(trans);
    const guard = new LauncherGuard(app, gate, ownCards, teller);
    const { serverSettings } = app.serviceManager;
    const replace = (reason: unknown) =>
      guard.replace(
        reason,
        new StandIn(serverSettings, labTrans, guard.redraw)
      );
    const patience = setTimeout(
      () => replace(new Error('The engine does not arrive.')),
      PATIENCE_MS
    );
    engine
      .then(engine =>
        // However late.
        guard.employ(new EngineMind(engine, serverSettings, labTrans))
      )
      .catch(replace)
      .finally(() => clearTimeout(patience));

    settingRegistry?.load(PLUGIN_ID).then(
      settings => {
        const apply = () => {
          teller.enabled = settings.get('notifyOnTrouble').composite as boolean;
        };
        settings.changed.connect(apply);
        apply();
      },
      (reason: unknown) =>
        console.error('The settings of the scoped launcher failed.', reason)
    );
  }
};

export default plugin;
