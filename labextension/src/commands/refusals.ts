import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Card } from '../../wasm/scoped_launcher.js';
import { createMessages } from '../errorMessages';
import type { ILauncherState } from '../launcherState';
import { createTextBody, getRefusalParagraphs } from '../refusalBody';
import type { IExplanation, IScopedLauncher } from '../tokens';

/**
 * The section of a kernel that no card of the launcher stands for.
 */
const KERNEL_CATEGORY = 'Notebook';

/**
 * What the execution of a hidden command rejects with.
 */
export class CommandRefusedError extends Error {
  override readonly name = 'CommandRefusedError';
}

/**
 * Tells visitors why something does not open.
 */
export class Refusals {
  /**
   * @param _state - Knows whether the visitor's permissions can be checked.
   * @param _launcher - Asks the server for the reasons. Null if that is disabled: then they are not told.
   * @param _trans - The bundle of this package.
   * @param _ready - A promise that resolves when the application can show a dialog.
   */
  constructor(
    private readonly _state: ILauncherState,
    private readonly _launcher: IScopedLauncher | null,
    private readonly _trans: TranslationBundle,
    private readonly _ready: Promise<void>
  ) {}

  /**
   * Tells why something does not open.
   *
   * @param card - What does not open.
   * @returns A promise of an error with the reason. It does not wait for the visitor.
   */
  readonly refuse = async (card: Card): Promise<Error> => {
    const explanation = await this._explain(card);
    const title = this._getTitle(card.title ?? card.name);
    const paragraphs = this._getParagraphs(explanation);
    void this._ready.then(() => this._show(title, paragraphs, explanation));
    return new CommandRefusedError([title, ...paragraphs].join('\n'));
  };

  private async _explain(card: Card): Promise<IExplanation | null> {
    const { name = '', ...rest } = card;
    const category =
      card.category ?? (card.kind === 'kernel' ? KERNEL_CATEGORY : undefined);
    try {
      return (
        (await this._launcher?.explain({ ...rest, name, category })) ?? null
      );
    } catch (error) {
      console.warn('Scoped launcher: cannot get the reason.', error);
      return null;
    }
  }

  private _getTitle(name = ''): string {
    // The label of a command that is in no menu can be a sentence.
    return name.endsWith('.')
      ? this._trans.__('This is not available')
      : this._trans.__('%1 is not available', name);
  }

  private _getParagraphs(explanation: IExplanation | null): string[] {
    if (explanation === null) {
      const { error } = this._state;
      return [
        error === null
          ? this._trans.__(
              'The launcher policy of this server does not allow it.'
            )
          : createMessages(this._trans)[error.code]
      ];
    }
    if (explanation.isShown) {
      // This page does not know it yet.
      void this._state.refresh();
      return [this._trans.__('Your permissions have just changed. Try again.')];
    }
    return getRefusalParagraphs(explanation);
  }

  /**
   * Shows a dialog, if none for the same is open.
   */
  private _show(
    title: string,
    paragraphs: string[],
    explanation: IExplanation | null
  ): void {
    if (this._open.has(title)) {
      return;
    }
    this._open.add(title);
    const contact = explanation?.isShown ? null : explanation?.contact;
    void showDialog({
      title,
      body: createTextBody(paragraphs, contact ?? null, this._trans),
      buttons: [Dialog.okButton({ label: this._trans.__('OK') })]
    }).finally(() => this._open.delete(title));
  }

  /** The titles of the dialogs that are open. */
  private readonly _open = new Set<string>();
}
