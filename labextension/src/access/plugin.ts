import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { getPageHub, serviceUrl } from '../hubUrls';
import { ILauncherState } from '../launcherState';
import { AccessClient } from './accessClient';
import { AccessModel } from './accessModel';
import { Announcer } from './announcer';
import { CommandIDs } from './commands';
import type { IRequester } from './contactLink';
import { addExplainCommand } from './explainCommand';
import { LauncherBanner } from './launcherBanner';
import { LauncherWidgets } from './launcherWidgets';
import { LockedCards } from './lockedCards';
import { addPanelCommand } from './panelCommand';
import { addPreviewCommands } from './previewCommands';
import { PreviewMode } from './previewMode';
import { addPreviewStatus } from './previewStatus';
import { WhyFooter } from './whyFooter';

/**
 * Says why cards are shown or hidden: the panel "Launcher access", locked cards, the launcher as somebody else sees it, and
 * what is wrong.
 */
export const accessPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-scoped-launcher:access',
  description: 'Says why launcher cards are shown or hidden.',
  autoStart: true,
  requires: [ILauncherState],
  optional: [ILauncher, ITranslator, ICommandPalette, IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    state: ILauncherState,
    launcher: ILauncher | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null
  ) => {
    if (!launcher) {
      return;
    }
    const { commands, serviceManager } = app;
    const { languageCode } = translator ?? nullTranslator;
    const trans = (translator ?? nullTranslator).load(
      'jupyterlab_scoped_launcher'
    );
    const labTrans = (translator ?? nullTranslator).load('jupyterlab');
    const client = new AccessClient(
      serviceManager.serverSettings,
      languageCode
    );
    const model = new AccessModel(client, state, serviceManager.kernelspecs);
    const preview = new PreviewMode(launcher, state, model, labTrans);
    const locked = new LockedCards(launcher, labTrans);
    const announcer = new Announcer(trans);
    const run = (id: string) => () => void commands.execute(id);
    const createBanner = () =>
      new LauncherBanner(state, model, run(CommandIDs.endPreview), trans);
    const launchers = new LauncherWidgets(app, () => ({
      banner: createBanner(),
      footer: new WhyFooter(
        trans.__('Why can’t I see a card?'),
        run(CommandIDs.open)
      )
    }));
    const getRequester = () => describeVisitor(state, model);

    const isPanelVisible = addPanelCommand(app, {
      actions: {
        refresh: () => {
          if (!model.isLoading) {
            const { subject } = preview;
            void (subject === null ? model.load() : preview.start(subject));
          }
        },
        seeAs: run(CommandIDs.seeAs)
      },
      createBanner,
      getRequester,
      model,
      trans
    });
    addExplainCommand(commands, getRequester, trans);
    addPreviewCommands(app, {
      client,
      launchers,
      model,
      preview,
      state,
      trans
    });
    for (const command of [CommandIDs.open, CommandIDs.seeAs]) {
      palette?.addItem({ command, category: trans.__('Launcher') });
    }
    if (statusBar) {
      addPreviewStatus(statusBar, model, trans);
    }

    const updateLocked = async () => {
      if (!state.page?.has_locked && !isPanelVisible()) {
        locked.setCards([], new Map());
      } else if (await model.load()) {
        locked.setCards(
          model.access?.cards.filter(card => card.locked) ?? [],
          model.pageCards
        );
      }
    };
    let isSettled = false;
    void Promise.all([app.restored, serviceManager.kernelspecs.ready]).then(
      () => {
        isSettled = true;
        announce();
      }
    );
    const announce = () => {
      const isOwn = state.status === 'ready' && preview.subject === null;
      if (isOwn && isSettled) {
        announcer.update(state.items?.getShownItems() ?? []);
      }
    };
    // JupyterLab adds the cards of kernels later than they are decided on.
    state.items?.changed.connect(announce);
    launchers.changed.connect(() => state.setBanner(launchers.hasVisible));
    state.setBanner(launchers.hasVisible);
    state.changed.connect(() => {
      launchers.update();
      announce();
      if (state.status === 'ready' && preview.subject === null) {
        void updateLocked();
      }
    });
  }
};

/**
 * The name of this package's Hub service.
 */
const SERVICE_NAME = 'scoped-launcher';

/**
 * Who asks for access.
 */
function describeVisitor(
  state: ILauncherState,
  model: AccessModel
): IRequester {
  const hub = getPageHub();
  const requests = model.access?.requests ?? null;
  return {
    user: state.page?.user ?? '',
    hubPage:
      hub && new URL(`${hub.prefix}admin`, hub.host || location.origin).href,
    getJoinUrl: group =>
      hub && requests && serviceUrl(hub, SERVICE_NAME, getJoinPath(group)),
    getRequest: group => requests?.[group]
  };
}

function getJoinPath(group: string): string {
  return `join/${encodeURIComponent(group)}`;
}
