import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  MainAreaWidget,
  showDialog
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import { CardIcons } from '../cardIcons';
import { getPageHub } from '../hubUrls';
import { ILauncherState } from '../launcherState';
import { AccessClient, type IExplainedCard } from './accessClient';
import { AccessModel } from './accessModel';
import { AccessPanel } from './accessPanel';
import { Announcer } from './announcer';
import { Reason } from './cardDetails';
import { CommandIDs } from './commands';
import type { IRequester } from './contactLink';
import { LauncherBanner } from './launcherBanner';
import { LauncherWidgets } from './launcherWidgets';
import { LockedCards, lockIcon } from './lockedCards';
import { PreviewMode, describeSubject } from './previewMode';
import { askForSubject } from './seeAsDialog';

/**
 * Says why cards are shown or hidden: the panel "Launcher access", locked cards, the launcher as somebody else sees it, and
 * what is wrong.
 */
export const accessPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-scoped-launcher:access',
  description: 'Says why launcher cards are shown or hidden.',
  autoStart: true,
  requires: [ILauncherState],
  optional: [ILauncher, ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    state: ILauncherState,
    launcher: ILauncher | null,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    if (!launcher) {
      return;
    }
    const { commands, serviceManager, shell } = app;
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
    const icons = new CardIcons(serviceManager.serverSettings.baseUrl);
    const announcer = new Announcer(trans);
    const getRequester = (): IRequester => {
      const hub = getPageHub();
      return {
        user: state.page?.user ?? '',
        hubPage:
          hub && new URL(`${hub.prefix}admin`, hub.host || location.origin).href
      };
    };
    const seeAs = () => void commands.execute(CommandIDs.seeAs);
    const endPreview = () => void commands.execute(CommandIDs.endPreview);

    let panel: MainAreaWidget<AccessPanel> | null = null;
    commands.addCommand(CommandIDs.open, {
      label: trans.__('Launcher Access'),
      caption: trans.__('Why launcher cards are shown or hidden'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        if (!panel || panel.isDisposed) {
          const content = new AccessPanel(model, getRequester, seeAs, trans);
          panel = new MainAreaWidget({ content });
          panel.id = 'scoped-launcher-access-panel';
          panel.contentHeader.addWidget(
            new LauncherBanner(state, model, endPreview, trans)
          );
        }
        if (!panel.isAttached) {
          shell.add(panel, 'main');
        }
        shell.activateById(panel.id);
        void model.load();
      }
    });
    palette?.addItem({
      command: CommandIDs.open,
      category: trans.__('Launcher')
    });

    commands.addCommand(CommandIDs.explainCard, {
      label: args =>
        trans.__(
          '%1 (locked)',
          getTitle(args.card as unknown as IExplainedCard)
        ),
      icon: lockIcon,
      describedBy: {
        args: { type: 'object', properties: { card: { type: 'object' } } }
      },
      execute: async args => {
        const card = args.card as unknown as IExplainedCard;
        await showDialog({
          title: getTitle(card),
          body: <Reason card={card} requester={getRequester()} trans={trans} />,
          buttons: [Dialog.okButton({ label: trans.__('Close') })]
        });
      }
    });

    commands.addCommand(CommandIDs.seeAs, {
      label: trans.__('See the Launcher as…'),
      caption: trans.__('Shows which cards somebody else sees'),
      describedBy: { args: { type: 'object', properties: {} } },
      isVisible: () => state.page?.may_preview === true,
      isEnabled: () => state.page?.may_preview === true,
      execute: async () => {
        const subject = await askForSubject(client, trans);
        if (subject && !(await preview.start(subject))) {
          await showDialog({
            title: trans.__('The launcher cannot be shown'),
            body: model.error ?? '',
            buttons: [Dialog.okButton({ label: trans.__('Close') })]
          });
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.seeAs,
      category: trans.__('Launcher')
    });

    commands.addCommand(CommandIDs.endPreview, {
      label: trans.__('End Seeing the Launcher as Somebody Else'),
      describedBy: { args: { type: 'object', properties: {} } },
      isVisible: () => preview.subject !== null,
      isEnabled: () => preview.subject !== null,
      execute: () => preview.end()
    });

    commands.addCommand(CommandIDs.previewCard, {
      label: args =>
        getOwn(args, 'label') ?? (args.title as string | undefined) ?? '',
      caption: args => getOwn(args, 'caption') ?? '',
      icon: args =>
        typeof args.command === 'string'
          ? commands.icon(args.command, getArgs(args))
          : icons.get(args.icon as string | undefined),
      iconClass: args => getOwn(args, 'iconClass') ?? '',
      describedBy: {
        args: { type: 'object', properties: { title: { type: 'string' } } }
      },
      execute: async () => {
        const { subject } = preview;
        if (!subject) {
          return;
        }
        const result = await showDialog({
          title: describeSubject(subject, trans),
          body: trans.__('Cards open nothing meanwhile.'),
          buttons: [
            Dialog.cancelButton({ label: trans.__('Go on') }),
            Dialog.okButton({ label: trans.__('End') })
          ]
        });
        if (result.button.accept) {
          await preview.end();
        }
      }
    });

    /** A text of the command whose card is in the picture. */
    function getOwn(
      args: ReadonlyPartialJSONObject,
      text: 'label' | 'caption' | 'iconClass'
    ): string | null {
      return typeof args.command === 'string'
        ? commands[text](args.command, getArgs(args))
        : null;
    }

    const widgets = new LauncherWidgets(app, () => ({
      banner: new LauncherBanner(state, model, endPreview, trans),
      footer: createFooter(
        trans.__('Why can’t I see a card?'),
        () => void commands.execute(CommandIDs.open)
      )
    }));
    const updateLocked = async () => {
      const isNeeded = state.page?.has_locked === true || panel?.isVisible;
      if (isNeeded && preview.subject === null && (await model.load())) {
        locked.setCards(
          model.access?.cards.filter(card => card.locked) ?? [],
          model.pageCards
        );
      }
    };
    state.changed.connect(() => {
      widgets.update();
      if (state.status === 'ready' && preview.subject === null) {
        const shown = state.items?.getShownItems() ?? [];
        announcer.update(
          shown.filter(item => item.command !== CommandIDs.explainCard)
        );
        void updateLocked();
      }
    });
    widgets.update();
  }
};

function getTitle(card: IExplainedCard | undefined): string {
  return card?.title ?? card?.name ?? '';
}

function getArgs(args: ReadonlyPartialJSONObject): ReadonlyPartialJSONObject {
  return (args.args ?? {}) as ReadonlyPartialJSONObject;
}

function createFooter(label: string, onClick: () => void): Widget {
  const button = document.createElement('button');
  button.className = 'jp-ScopedLauncher-why';
  button.textContent = label;
  button.addEventListener('click', onClick);
  const footer = new Widget();
  footer.addClass('jp-ScopedLauncher-footer');
  footer.node.append(button);
  return footer;
}
