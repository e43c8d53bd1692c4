import { URLExt } from '@jupyterlab/coreutils';
import { type KernelSpec, ServerConnection } from '@jupyterlab/services';
import type { Signal } from '@lumino/signaling';

/**
 * What JupyterLab's manager of kernelspecs has of its own.
 */
interface IManagerInternals {
  requestSpecs?: () => Promise<void>;
  _specs?: KernelSpec.ISpecModels | null;
}

/**
 * Lets the manager of kernelspecs follow when the server lists none any more, because the visitor may use none.
 *
 * JupyterLab takes an empty list for an error and keeps the kernels that it has (`validateSpecModels`, seen in 4.0 to 4.6). The
 * launcher, the kernel picker and the menus would offer them until the page is loaded again.
 *
 * @param manager - The application's. Another one than JupyterLab's stays as it is.
 */
export function followEmptyKernelspecs(manager: KernelSpec.IManager): void {
  const internals = manager as unknown as IManagerInternals;
  const { requestSpecs } = internals;
  if (!requestSpecs || internals._specs === undefined) {
    return;
  }
  internals.requestSpecs = async () => {
    try {
      await requestSpecs.call(manager);
    } catch (error) {
      if (!(await isListEmpty(manager.serverSettings))) {
        throw error;
      }
      if (Object.keys(manager.specs?.kernelspecs ?? {}).length > 0) {
        const specs = { default: '', kernelspecs: {} };
        internals._specs = specs;
        (
          manager.specsChanged as Signal<
            KernelSpec.IManager,
            KernelSpec.ISpecModels
          >
        ).emit(specs);
      }
    }
  };
}

/**
 * @returns Whether the server answers that there are no kernels.
 */
async function isListEmpty(
  settings: ServerConnection.ISettings
): Promise<boolean> {
  const response = await ServerConnection.makeRequest(
    URLExt.join(settings.baseUrl, 'api/kernelspecs'),
    {},
    settings
  );
  if (!response.ok) {
    return false;
  }
  const { kernelspecs } = (await response.json()) as {
    kernelspecs?: object;
  };
  return kernelspecs !== undefined && Object.keys(kernelspecs).length === 0;
}
