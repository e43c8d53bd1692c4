import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { ILauncherState } from '../launcherState';
import type { AccessClient } from './accessClient';
import type { AccessModel } from './accessModel';
import { CommandIDs } from './commands';
import type { LauncherWidgets } from './launcherWidgets';
import type { PreviewMode } from './previewMode';
import { askForSubject } from './seeAsDialog';
import { describeSubject } from './subject';

/**
 * What the commands work on.
 */
interface IPreviewParts {
  client: AccessClient;
  launchers: LauncherWidgets;
  model: AccessModel;
  preview: PreviewMode;
  state: ILauncherState;
  trans: TranslationBundle;
}

/**
 * Adds the commands that show the launcher as somebody else sees it, that end this, and that the cards of the picture have.
 */
export function addPreviewCommands(
  { commands }: JupyterFrontEnd,
  parts: IPreviewParts
): void {
  const { client, launchers, model, preview, state, trans } = parts;
  const mayPreview = () => state.page?.may_preview === true;

  const showLauncher = async () => {
    if (launchers.hasVisible) {
      return;
    }
    const [launcher] = launchers.all;
    if (launcher) {
      launchers.activate(launcher);
    } else {
      await commands.execute('launcher:create');
    }
  };

  commands.addCommand(CommandIDs.seeAs, {
    label: trans.__('See the Launcher as…'),
    caption: trans.__('Shows which cards somebody else sees'),
    describedBy: { args: { type: 'object', properties: {} } },
    isVisible: mayPreview,
    isEnabled: mayPreview,
    execute: async () => {
      const subject = await askForSubject(client, trans);
      if (subject === null) {
        return;
      }
      if (await preview.start(subject)) {
        await showLauncher();
        return;
      }
      await showDialog({
        title: trans.__('The launcher cannot be shown'),
        body: model.error ?? '',
        buttons: [Dialog.okButton({ label: trans.__('Close') })]
      });
    }
  });

  commands.addCommand(CommandIDs.endPreview, {
    label: trans.__('End Seeing the Launcher as Somebody Else'),
    describedBy: { args: { type: 'object', properties: {} } },
    isVisible: () => preview.subject !== null,
    isEnabled: () => preview.subject !== null,
    execute: () => preview.end()
  });

  commands.addCommand(CommandIDs.previewCard, {
    label: args => getOwn(args, 'label') ?? getText(args.title),
    caption: args => getOwn(args, 'caption') ?? '',
    icon: args =>
      typeof args.command === 'string'
        ? commands.icon(args.command, getArgs(args))
        : undefined,
    iconClass: args => getOwn(args, 'iconClass') ?? '',
    describedBy: {
      args: { type: 'object', properties: { title: { type: 'string' } } }
    },
    execute: async () => {
      const { subject } = preview;
      if (subject === null) {
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
}

function getArgs(args: ReadonlyPartialJSONObject): ReadonlyPartialJSONObject {
  return (args.args ?? {}) as ReadonlyPartialJSONObject;
}

function getText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
