import type { TranslationBundle } from '@jupyterlab/translation';
import type { ErrorCode } from '../wasm/scoped_launcher.js';

/**
 * What a visitor reads for each code. JupyterLab cuts off what is longer than 140 characters.
 */
export function createMessages(
  trans: TranslationBundle
): Record<ErrorCode, string> {
  const checkFailed = trans.__(
    'Your permissions cannot be checked right now. Some launcher cards are hidden. JupyterLab will try again.'
  );
  const noAnswer = trans.__(
    'The server does not respond. Some launcher cards are hidden. JupyterLab will try again.'
  );
  return {
    'access-revoked': trans.__(
      'You no longer have access to this server. Go to your own server, or ask its owner.'
    ),
    'bad-argument': checkFailed,
    'bad-context': trans.__(
      'JupyterLab cannot read the launcher permissions from the server. Some launcher cards are hidden. Reload the page.'
    ),
    'bad-request': checkFailed,
    'engine-unavailable': trans.__(
      'Part of the launcher could not be loaded. Some launcher cards are hidden. Reload the page to try again.'
    ),
    'hub-error': checkFailed,
    'hub-timeout': checkFailed,
    'hub-unreachable': checkFailed,
    'internal-error': checkFailed,
    'invalid-policy': trans.__(
      'The launcher policy of this server has an error. Launcher cards are hidden. Contact your administrator.'
    ),
    'malformed-response': checkFailed,
    network: noAnswer,
    'no-hub-login': checkFailed,
    'no-icon': checkFailed,
    'no-policy': checkFailed,
    'not-allowed': checkFailed,
    'not-authenticated': trans.__(
      'Your session has ended. Some launcher cards are hidden until you log in again.'
    ),
    'not-found': trans.__(
      'The Scoped Launcher server extension is not enabled. Some launcher cards are hidden. Contact your administrator.'
    ),
    timeout: noAnswer,
    unavailable: checkFailed
  };
}
