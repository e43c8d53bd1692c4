import type { TranslationBundle } from '@jupyterlab/translation';
import type { ErrorCode } from '../../wasm/scoped_launcher.js';
import { createMessages } from '../errorMessages';
import type { ILauncherState } from '../launcherState';

/**
 * What is wrong, as a visitor reads it.
 */
export interface IProblem {
  /** In words, with what the visitor can do. */
  text: string;
  /** The places of mistakes, for those who may see them. */
  details: string | null;
  /** What mends it, if the visitor can. */
  remedy: 'reload' | 'log-in' | 'retry' | null;
}

/**
 * @returns What is wrong now. Null if nothing is.
 */
export function getProblem(
  state: Pick<ILauncherState, 'error' | 'isStale' | 'page' | 'status'>,
  trans: TranslationBundle
): IProblem | null {
  const { error, page } = state;
  if (error) {
    const messages = createMessages(trans);
    return {
      text: messages[error.code] ?? messages.unavailable,
      details:
        error.code === 'invalid-policy' ? getDetails(error.detail) : null,
      remedy: getRemedy(error.code)
    };
  }
  if (page?.problem) {
    return {
      text:
        state.status === 'no_policy'
          ? trans.__(
              'The launcher policy file has errors. No policy is in use: all cards are shown.'
            )
          : trans.__(
              'The launcher policy file has errors. The last good policy is in use.'
            ),
      details: page.problem.trim(),
      remedy: null
    };
  }
  if (state.isStale) {
    return {
      text: trans.__(
        'JupyterHub does not answer. The launcher shows what you could use before.'
      ),
      details: null,
      remedy: null
    };
  }
  return null;
}

/**
 * The server's message for everybody is the first line. Only those who may see the mistakes get more.
 */
function getDetails(message: string): string | null {
  const [, ...lines] = message.split('\n');
  return lines.join('\n').trim() || null;
}

function getRemedy(code: ErrorCode): IProblem['remedy'] {
  switch (code) {
    case 'not-authenticated':
      return 'log-in';
    case 'engine-unavailable':
    case 'bad-context':
      return 'reload';
    case 'access-revoked':
    case 'invalid-policy':
    case 'not-found':
      return null;
    case 'bad-argument':
    case 'bad-request':
    case 'hub-error':
    case 'hub-timeout':
    case 'hub-unreachable':
    case 'internal-error':
    case 'malformed-response':
    case 'network':
    case 'no-hub-login':
    case 'no-icon':
    case 'no-policy':
    case 'not-allowed':
    case 'timeout':
    case 'unavailable':
      return 'retry';
    default:
      // The compiler names a code that is missing above. A server of another version may send one more.
      return acceptNewCode(code);
  }
}

function acceptNewCode(code: never): 'retry' {
  return 'retry';
}
