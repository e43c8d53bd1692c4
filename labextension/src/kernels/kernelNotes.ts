import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  type ISessionContext,
  type ISessionContextDialogs,
  MainAreaWidget
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { ILauncherState } from '../launcherState';
import { onShellChange } from '../shellChanges';
import type { IExplanation } from '../tokens';
import type { KernelAccess } from './kernelAccess';
import type { KernelRefusals } from './kernelRefusals';

/**
 * A widget with a kernel: a notebook, a console, or another.
 */
type KernelWidget = MainAreaWidget & { sessionContext: ISessionContext };

/**
 * Says in each notebook and console whose kernel the policy hides that the running one cannot be started again, or why there is
 * none.
 */
export class KernelNotes {
  /**
   * @param _app - Whose notebooks and consoles they are.
   * @param state - Emits when decisions may have changed.
   * @param _access - Knows the reasons.
   * @param _refusals - Tells them.
   * @param _dialogs - JupyterLab's dialog for kernels.
   * @param _trans - The bundle of this package.
   */
  constructor(
    private readonly _app: JupyterFrontEnd,
    state: ILauncherState,
    private readonly _access: KernelAccess,
    private readonly _refusals: KernelRefusals,
    private readonly _dialogs: ISessionContextDialogs | null,
    private readonly _trans: TranslationBundle
  ) {
    const { shell, serviceManager } = _app;
    onShellChange(shell, () => this._addNew());
    state.changed.connect(this._updateAll, this);
    serviceManager.kernelspecs.specsChanged.connect(this._updateAll, this);
    this._addNew();
  }

  private _addNew(): void {
    for (const widget of this._app.shell.widgets('main')) {
      if (isKernelWidget(widget) && !this._known.has(widget)) {
        this._known.add(widget);
        widget.sessionContext.kernelChanged.connect(() => {
          void this._update(widget);
        });
        void widget.sessionContext.ready.then(() => this._update(widget));
        void this._update(widget);
      }
    }
  }

  private _updateAll(): void {
    for (const widget of this._app.shell.widgets('main')) {
      if (isKernelWidget(widget)) {
        void this._update(widget);
      }
    }
  }

  private async _update(widget: KernelWidget): Promise<void> {
    const { sessionContext: context } = widget;
    const running = context.session?.kernel?.name;
    const name = running ?? context.kernelPreference.name;
    const explanation =
      name && !this._access.isListed(name)
        ? await this._access.explainHidden(name)
        : null;
    if (widget.isDisposed || context.isDisposed) {
      return;
    }
    const note = this._notes.get(widget);
    if (name && explanation) {
      const title = getNotebookTitle(widget, name);
      if (title !== null) {
        this._access.addTitle(name, title);
      }
      const text = running
        ? this._trans.__(
            '%1: you may not start this kernel any more. The one that runs here goes on until you end it.',
            this._access.getTitle(name)
          )
        : this._trans.__(
            '%1, the kernel of this document, is not available to you.',
            this._access.getTitle(name)
          );
      const told = JSON.stringify([text, explanation]);
      if (note?.node.dataset.told === told) {
        // A new one would take the keyboard focus away, and be read out again.
        return;
      }
      note?.dispose();
      const goesOn = running !== undefined;
      const added = this._addNote(widget, text, name, explanation, goesOn);
      added.node.dataset.told = told;
      this._notes.set(widget, added);
    } else if (note && (!name || this._access.isListed(name))) {
      // Not before the kernel is listed: JupyterLab would start another one in its place.
      note.dispose();
      this._notes.delete(widget);
      if (context.hasNoKernel && !context.isTerminating) {
        // Its own kernel is available again.
        await context.startKernel();
      }
    }
  }

  private _addNote(
    widget: KernelWidget,
    text: string,
    name: string,
    explanation: IExplanation,
    goesOn: boolean
  ): Widget {
    const note = new Widget();
    note.addClass('jp-ScopedLauncher-kernelNote');
    note.node.setAttribute('role', 'status');
    const { sessionContext } = widget;
    note.node.append(text);
    addButton(note.node, this._trans.__('Why?'), () => {
      const title = this._access.getTitle(name);
      void this._refusals.tell(sessionContext, title, explanation, goesOn);
    });
    if (!goesOn && this._dialogs) {
      addButton(note.node, this._trans.__('Choose another kernel…'), () => {
        void this._dialogs?.selectKernel(sessionContext);
      });
    }
    widget.contentHeader.addWidget(note);
    return note;
  }

  private readonly _known = new WeakSet<Widget>();
  private readonly _notes = new WeakMap<Widget, Widget>();
}

function isKernelWidget(widget: Widget): widget is KernelWidget {
  return widget instanceof MainAreaWidget && 'sessionContext' in widget;
}

/**
 * What a notebook calls its kernel; null if it does not say.
 */
function getNotebookTitle(widget: KernelWidget, name: string): string | null {
  const { model } = widget.content as {
    model?: { getMetadata?: (key: string) => unknown };
  };
  const spec = model?.getMetadata?.('kernelspec') as
    { name?: unknown; display_name?: unknown } | undefined;
  return spec?.name === name && typeof spec.display_name === 'string'
    ? spec.display_name
    : null;
}

function addButton(
  parent: HTMLElement,
  label: string,
  onClick: () => void
): void {
  const button = document.createElement('button');
  button.className = 'jp-ScopedLauncher-noteButton';
  button.textContent = label;
  button.addEventListener('click', onClick);
  parent.append(button);
}
