import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

/**
 * How long the message stands before it goes to the notification centre, in milliseconds.
 */
const TOAST_MS = 10_000;

/**
 * What keeps cards out of the launcher.
 */
export interface ITrouble {
  /** Stable, for programs. */
  code: string;
  /** In the server's or the engine's words, for the console. */
  detail: string;
}

/**
 * Says what keeps cards out of the launcher: one notification at a time, once for each trouble, gone
 * when the trouble is.
 */
export class TroubleTeller {
  /**
   * @param trans - This package's bundle.
   */
  constructor(private readonly _trans: TranslationBundle) {}

  /**
   * Whether to show notifications; the console has the trouble either way.
   */
  set enabled(enabled: boolean) {
    if (enabled !== this._enabled) {
      this._enabled = enabled;
      this._draw();
    }
  }

  /**
   * Tells the trouble, or with null, that there is none any more.
   */
  tell(trouble: ITrouble | null): void {
    if (trouble?.code === this._trouble?.code) {
      return;
    }
    this._trouble = trouble;
    if (trouble) {
      console.warn(`Scoped launcher: ${trouble.detail} (${trouble.code})`);
    }
    this._draw();
  }

  /**
   * A notification that stands is rewritten: JupyterLab may lose one that comes while another goes.
   */
  private _draw(): void {
    const { code } = this._trouble ?? {};
    if (code === undefined || !this._enabled) {
      if (this._shown !== null) {
        Notification.dismiss(this._shown);
        this._shown = null;
      }
      return;
    }
    const message = this._message(code);
    const options = { autoClose: TOAST_MS, actions: this._actions(code) };
    if (
      this._shown === null ||
      !Notification.update({ id: this._shown, message, ...options })
    ) {
      this._shown = Notification.warning(message, options);
    }
  }

  private _actions(code: string): Notification.IAction[] {
    return code === 'login'
      ? [
          {
            label: this._trans.__('Log in'),
            caption: this._trans.__('Reload the page to log in again'),
            callback: () => window.location.reload()
          }
        ]
      : [];
  }

  /**
   * At most 140 characters: JupyterLab cuts off the rest.
   */
  private _message(code: string): string {
    const trans = this._trans;
    switch (code) {
      case 'login':
        return trans.__(
          'Your session has ended. Some launcher cards are hidden until you log in again.'
        );
      case 'invalid-policy':
        return trans.__(
          'The launcher policy of this server has an error, so its cards are hidden. Tell your administrator.'
        );
      case 'bad-context':
        return trans.__(
          'This page does not understand what the server tells the launcher, so cards are hidden. Reload it, or tell your administrator.'
        );
      case 'engine':
        return trans.__(
          'Part of the launcher could not be loaded, so some of its cards are hidden. Reload the page to try again.'
        );
      case 'not-found':
        return trans.__(
          'The server extension of the scoped launcher is not enabled, so cards are hidden. Tell your administrator.'
        );
      case 'timeout':
      case 'network':
        return trans.__(
          'The server does not answer, so some launcher cards are hidden. Trying again.'
        );
      default:
        return trans.__(
          'What you may use cannot be found out just now, so some launcher cards are hidden. Trying again.'
        );
    }
  }

  private _enabled = true;
  private _trouble: ITrouble | null = null;
  private _shown: string | null = null;
}
