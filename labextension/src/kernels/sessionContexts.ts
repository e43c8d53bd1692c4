import type { ISessionContext, SessionContext } from '@jupyterlab/apputils';
import { type Kernel, ServerConnection } from '@jupyterlab/services';
import type { Signal } from '@lumino/signaling';
import type { KernelAccess } from './kernelAccess';
import { KernelRefusedError, type KernelRefusals } from './kernelRefusals';

/**
 * What JupyterLab's `SessionContext` has of its own (seen in 4.0 to 4.6).
 */
interface ISessionContextInternals extends ISessionContext {
  _changeKernel?: (
    model?: Partial<Kernel.IModel>
  ) => Promise<Kernel.IKernelConnection | null>;
  _handleSessionError?: (error: Error) => Promise<void>;
  _handleNewSession?: (session: null) => unknown;
  _isReady?: boolean;
  _pendingKernelName?: string;
  _statusChanged?: Signal<ISessionContext, Kernel.Status>;
}

/**
 * The header of what a guard of the server refuses.
 */
const REFUSED_HEADER = 'X-Scoped-Launcher';

/**
 * Whether a guard of the server has refused a request. Other 403s have other reasons.
 */
export function isRefusal(
  error: unknown
): error is ServerConnection.ResponseError {
  return (
    error instanceof ServerConnection.ResponseError &&
    error.response.headers.get(REFUSED_HEADER) === 'refused'
  );
}

/**
 * Keeps every notebook and console with its kernel when the policy hides that:
 *
 * - none is started in its place, unless the visitor chooses one;
 * - a refused start, change or restart says why, and the kernel that runs goes on.
 *
 * JupyterLab offers no place for that: it starts the only kernel of the same language, and after a refused restart it waits
 * for the kernel forever.
 *
 * @param prototype - Of the application's `SessionContext`.
 */
export function keepKernels(
  prototype: SessionContext,
  access: KernelAccess,
  refusals: KernelRefusals
): void {
  const internals = prototype as unknown as ISessionContextInternals;
  const { startKernel, restartKernel, _changeKernel, _handleSessionError } =
    internals;
  const refused = new WeakSet<ISessionContext>();

  internals.startKernel = async function (this: ISessionContext) {
    const { id, name } = this.kernelPreference;
    const explanation =
      name && !id ? await access.explainRefusedStart(name) : null;
    if (!name || !explanation) {
      refused.delete(this);
      const asks = await startKernel.call(this);
      // The dialog that tells of a refusal offers other kernels, too.
      return asks && !refused.has(this);
    }
    if (this.isReady) {
      // The visitor runs a cell. Without an error, JupyterLab would empty its outputs.
      await refusals.tell(this, access.getTitle(name), explanation, false);
      if (this.hasNoKernel) {
        throw new KernelRefusedError(explanation.sentence);
      }
    }
    // It is opened: the note in it says why it has no kernel.
    return false;
  };

  internals.restartKernel = async function (this: ISessionContextInternals) {
    const kernel = this.session?.kernel;
    if (!kernel) {
      return restartKernel.call(this);
    }
    let explanation = access.isListed(kernel.name)
      ? null
      : await access.explainHidden(kernel.name);
    if (!explanation) {
      const error = await restartAndCatch(this, kernel, restartKernel);
      if (!isRefusal(error)) {
        return;
      }
      // The server knows something that this page does not know yet. JupyterLab waits for the kernel, which has not restarted.
      this._isReady = true;
      kernel.reconnect().catch((reason: unknown) => {
        console.warn('Scoped launcher: cannot reconnect to a kernel.', reason);
      });
      explanation = await access.explainRefusal(kernel.name, error);
    }
    void refusals.tell(this, access.getTitle(kernel.name), explanation, true);
    throw new KernelRefusedError(explanation.sentence);
  };

  if (_changeKernel) {
    internals._changeKernel = async function (
      this: ISessionContext,
      model = {}
    ) {
      const { id, name } = model;
      const explanation =
        name && !id ? await access.explainRefusedStart(name) : null;
      if (name && explanation) {
        void refusals.tell(
          this,
          access.getTitle(name),
          explanation,
          !this.hasNoKernel
        );
        throw new KernelRefusedError(explanation.sentence);
      }
      return _changeKernel.call(this, model);
    };
  }

  if (_handleSessionError) {
    internals._handleSessionError = async function (
      this: ISessionContextInternals,
      error
    ) {
      if (!isRefusal(error)) {
        return _handleSessionError.call(this, error);
      }
      const name =
        this._pendingKernelName ||
        this.kernelPreference.name ||
        this.prevKernelName;
      refused.add(this);
      endRefusedStart(this);
      const explanation = await access.explainRefusal(name, error);
      return refusals.tell(
        this,
        access.getTitle(name),
        explanation,
        !this.hasNoKernel
      );
    };
  }
}

/**
 * Shows the state as it is after a refused start or change: the kernel that runs, if one does, stays.
 */
function endRefusedStart(context: ISessionContextInternals): void {
  const { session } = context;
  if (session) {
    context._pendingKernelName = '';
    context._statusChanged?.emit(session.kernel?.status ?? 'unknown');
  } else {
    context._handleNewSession?.(null);
  }
}

/**
 * Restarts a kernel.
 *
 * @returns A promise of the error, which JupyterLab writes to the console only; undefined if there was none.
 */
async function restartAndCatch(
  context: ISessionContext,
  kernel: Kernel.IKernelConnection,
  restartKernel: (this: ISessionContext) => Promise<void>
): Promise<unknown> {
  const { restart } = kernel;
  let caught: unknown;
  kernel.restart = async () => {
    try {
      await restart.call(kernel);
    } catch (error) {
      caught = error;
      throw error;
    }
  };
  try {
    await restartKernel.call(context);
  } finally {
    kernel.restart = restart;
  }
  return caught;
}
