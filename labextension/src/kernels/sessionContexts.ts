import type { ISessionContext, SessionContext } from '@jupyterlab/apputils';
import { type Kernel, ServerConnection } from '@jupyterlab/services';
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
}

/**
 * The header of what a guard of the server refuses.
 */
const REFUSED_HEADER = 'X-Scoped-Launcher';

/**
 * Whether a guard of the server has refused a request. Other 403s have other reasons.
 */
export function isRefusal(error: unknown): boolean {
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

  internals.startKernel = async function (this: ISessionContext) {
    const { id, name } = this.kernelPreference;
    const explanation =
      name && !id && !access.isListed(name)
        ? await access.explainHidden(name)
        : null;
    if (!name || !explanation) {
      return startKernel.call(this);
    }
    if (this.isReady) {
      // The visitor runs a cell. Without an error, JupyterLab would empty its outputs.
      await refusals.tell(this, name, explanation, false);
      if (this.hasNoKernel) {
        throw new KernelRefusedError(explanation.sentence);
      }
    }
    // It is opened: the note in it says why it has no kernel.
    return false;
  };

  internals.restartKernel = async function (this: ISessionContext) {
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
      await kernel.reconnect();
      access.forget();
      explanation = await access.explainHidden(kernel.name);
    }
    if (explanation) {
      void refusals.tell(this, this.kernelDisplayName, explanation, true);
    }
    throw new KernelRefusedError(explanation?.sentence ?? 'refused');
  };

  if (_changeKernel) {
    internals._changeKernel = async function (
      this: ISessionContext,
      model = {}
    ) {
      const { id, name } = model;
      const explanation =
        name && !id && !access.isListed(name)
          ? await access.explainHidden(name)
          : null;
      if (name && explanation) {
        void refusals.tell(this, name, explanation, !this.hasNoKernel);
        throw new KernelRefusedError(explanation.sentence);
      }
      return _changeKernel.call(this, model);
    };
  }

  if (_handleSessionError) {
    internals._handleSessionError = async function (
      this: ISessionContext,
      error
    ) {
      const name = this.kernelPreference.name ?? this.prevKernelName;
      access.forget();
      const explanation =
        isRefusal(error) && name ? await access.explainHidden(name) : null;
      if (name && explanation) {
        return refusals.tell(this, name, explanation, false);
      }
      return _handleSessionError.call(this, error);
    };
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
