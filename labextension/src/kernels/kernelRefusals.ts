import {
  Dialog,
  type ISessionContext,
  type ISessionContextDialogs,
  showDialog
} from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { createRefusalBody } from '../refusalBody';
import type { IExplanation } from '../tokens';

/**
 * What a refused start of a kernel rejects with. The visitor has been told.
 */
export class KernelRefusedError extends Error {
  override readonly name = 'KernelRefusedError';
}

/**
 * Tells visitors why a kernel does not start, and offers those that they may use.
 */
export class KernelRefusals {
  /**
   * @param _dialogs - JupyterLab's dialog for kernels. Null if there is none: then no others are offered.
   * @param _trans - The bundle of this package.
   */
  constructor(
    private readonly _dialogs: ISessionContextDialogs | null,
    private readonly _trans: TranslationBundle
  ) {}

  /**
   * Shows a dialog, one at a time for each notebook or console.
   *
   * @param context - The notebook or console.
   * @param kernel - What the kernel is called.
   * @param explanation - Why it does not start.
   * @param goesOn - Whether such a kernel runs here, and goes on.
   */
  async tell(
    context: ISessionContext,
    kernel: string,
    explanation: IExplanation,
    goesOn: boolean
  ): Promise<void> {
    if (this._open.has(context)) {
      return;
    }
    this._open.add(context);
    try {
      const more = goesOn
        ? [
            this._trans.__(
              'The kernel that runs here goes on, with all its variables.'
            )
          ]
        : [];
      const { button } = await showDialog({
        title: this._trans.__('%1 cannot be started', kernel),
        body: createRefusalBody(explanation, more, this._trans),
        buttons: [
          Dialog.cancelButton({ label: this._trans.__('Close') }),
          ...(this._dialogs
            ? [
                Dialog.okButton({
                  label: this._trans.__('Choose another kernel…')
                })
              ]
            : [])
        ]
      });
      if (button.accept) {
        await this._dialogs?.selectKernel(context);
      }
    } finally {
      this._open.delete(context);
    }
  }

  /** The notebooks and consoles whose dialog is open. */
  private readonly _open = new Set<ISessionContext>();
}
