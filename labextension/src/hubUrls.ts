import { PageConfig } from '@jupyterlab/coreutils';

/**
 * Where the Hub is, as JupyterHub's single-user server writes it into the page.
 */
export interface IHubLocation {
  /** With `subdomain_host`, scheme and host of the Hub. Empty if it is the page's own. */
  host: string;
  /** The path of the Hub, such as `/hub/`. */
  prefix: string;
}

/**
 * @returns The Hub of this page. Null on a server that no Hub has started.
 */
export function getPageHub(): IHubLocation | null {
  const prefix = PageConfig.getOption('hubPrefix');
  return prefix ? { host: PageConfig.getOption('hubHost'), prefix } : null;
}

/**
 * The URL of a page of a Hub service.
 *
 * With `subdomain_host`, each service has a host of its own, which JupyterHub's default hook
 * (`jupyterhub.utils.subdomain_hook_idna`) derives from its name. This function does so only for names that are
 * plain DNS labels. For other names it returns the Hub's home page, which links the services.
 *
 * @param hub - Where the Hub is.
 * @param name - The name of the service.
 * @param path - A path below the service, with query and fragment if wanted.
 */
export function serviceUrl(hub: IHubLocation, name: string, path = ''): string {
  const base = hub.prefix.replace(/hub\/?$/, '');
  const page = `${base}services/${escapeName(name)}/${confinePath(path)}`;
  if (!hub.host) {
    return page;
  }
  if (!isDnsLabel(name)) {
    return `${hub.host}${hub.prefix}home`;
  }
  const { protocol, host } = new URL(hub.host);
  return `${protocol}//${name}--service.${host}${page}`;
}

/**
 * The URL of a page of a user's server. It leads to the Hub, which redirects to the server if it runs, also on the
 * user's own host with `subdomain_host`, and else says that it is stopped. Below the address of the owner's default
 * server, a named server that is stopped is not found.
 *
 * @param hub - Where the Hub is.
 * @param owner - The name of the user.
 * @param name - The name of the server. Empty for the default server.
 * @param path - A path below the server, with query and fragment if wanted.
 */
export function serverUrl(
  hub: IHubLocation,
  owner: string,
  name: string,
  path = ''
): string {
  const server = name ? `${escapeName(name)}/` : '';
  return `${hub.host}${hub.prefix}user/${escapeName(owner)}/${server}${confinePath(path)}`;
}

/**
 * Escapes a name as `jupyterhub.utils.url_escape_path` does. The proxy compares paths without decoding them.
 */
function escapeName(name: string): string {
  return encodeURIComponent(name)
    .replace(/%40/g, '@')
    .replace(
      /[!'()*]/g,
      char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
    );
}

/**
 * Makes a path relative, so that it stays below its service or server whatever dots, slashes and scheme it has.
 *
 * @param path - A path, with query and fragment if wanted.
 */
export function confinePath(path: string): string {
  const { pathname, search, hash } = new URL(
    path.replace(/^[/\\]+/, './'),
    'http://base/'
  );
  return `${pathname.replace(/^\/+/, '')}${search}${hash}`;
}

function isDnsLabel(name: string): boolean {
  return /^[a-z0-9-]{1,63}$/i.test(name) && !/^-|-$|--|^\d+$/.test(name);
}
