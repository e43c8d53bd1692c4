import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ErrorCode } from '../wasm/scoped_launcher.js';
import { createMessages } from './errorMessages';
import type { ILauncherError } from './launcherState';

/**
 * How long a notification is shown before it moves to the notification centre, in milliseconds.
 */
const AUTO_CLOSE_MS = 10_000;

/**
 * Errors that concern the whole page, and not the launcher alone.
 */
const PAGE_ERRORS: readonly ErrorCode[] = [
  'not-authenticated',
  'access-revoked'
];

/**
 * Converts what was thrown.
 *
 * @param error - Anything. What the engine throws has a `code`.
 * @param defaultCode - The code of an error that has none.
 */
export function toLauncherError(
  error: unknown,
  defaultCode: ErrorCode
): ILauncherError {
  const { code, message } = error as Partial<Error & { code: unknown }>;
  return {
    // A `DOMException` has a number here.
    code: typeof code === 'string' ? (code as ErrorCode) : defaultCode,
    detail: message ?? String(error)
  };
}

/**
 * Shows why cards are hidden: one notification at a time, once for each error, until the error is over.
 */
export class ErrorNotifier {
  /**
   * @param _trans - The bundle of this package.
   */
  constructor(private readonly _trans: TranslationBundle) {
    this._messages = createMessages(_trans);
  }

  /**
   * Whether notifications are shown. Errors are written to the console in any case.
   */
  set enabled(enabled: boolean) {
    if (enabled !== this._enabled) {
      this._enabled = enabled;
      this._updateNotification();
    }
  }

  /**
   * Says that launchers tell what is wrong. A notification is then shown only for what concerns the whole page, and only while
   * the visitor sees no launcher.
   *
   * @param isVisible - Whether the visitor sees one now.
   */
  setBanner(isVisible: boolean): void {
    const banner = isVisible ? 'visible' : 'hidden';
    if (banner !== this._banner) {
      this._banner = banner;
      this._updateNotification();
    }
  }

  /**
   * @param error - The present error. Null if there is none, or none any more.
   */
  report(error: ILauncherError | null): void {
    if (error?.code === this._error?.code) {
      return;
    }
    this._error = error;
    if (error) {
      console.warn(`Scoped launcher: ${error.detail} (${error.code})`);
    }
    this._updateNotification();
  }

  /**
   * Replaces the text of a notification that is shown: JupyterLab can lose a notification that is added while
   * another is dismissed.
   */
  private _updateNotification(): void {
    const code = this._error?.code;
    if (code === undefined || !this._enabled || this._isToldElsewhere(code)) {
      if (this._notificationId !== null) {
        Notification.dismiss(this._notificationId);
        this._notificationId = null;
      }
      return;
    }
    // A server of another version may send a code that this page does not know.
    const message = this._messages[code] ?? this._messages.unavailable;
    const options = {
      autoClose: AUTO_CLOSE_MS,
      actions: this._getActions(code)
    };
    if (
      this._notificationId === null ||
      !Notification.update({ id: this._notificationId, message, ...options })
    ) {
      this._notificationId = Notification.warning(message, options);
    }
  }

  private _isToldElsewhere(code: ErrorCode): boolean {
    switch (this._banner) {
      case null:
        return false;
      case 'visible':
        return true;
      case 'hidden':
        return !PAGE_ERRORS.includes(code);
    }
  }

  private _getActions(code: ErrorCode): Notification.IAction[] {
    return code === 'not-authenticated'
      ? [
          {
            label: this._trans.__('Log in'),
            caption: this._trans.__('Reload the page to log in again'),
            callback: () => window.location.reload()
          }
        ]
      : [];
  }

  private readonly _messages: Record<ErrorCode, string>;
  private _enabled = true;
  /** Whether the launchers' own message is on the screen; null if they have none. */
  private _banner: 'visible' | 'hidden' | null = null;
  private _error: ILauncherError | null = null;
  /** Of the notification that has been shown last; null if there is no error. */
  private _notificationId: string | null = null;
}
