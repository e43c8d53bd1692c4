import { PageConfig } from '@jupyterlab/coreutils';

/**
 * Where the Hub is, as JupyterHub's single-user server tells the page.
 */
export interface IHub {
  /** With `subdomain_host`, scheme and host of the Hub; otherwise empty: the page's own. */
  host: string;
  /** The path of the Hub, such as `/hub/`. */
  prefix: string;
}

/**
 * @returns Null for a server that no Hub started.
 */
export function hubOfPage(): IHub | null {
  const prefix = PageConfig.getOption('hubPrefix');
  return prefix ? { host: PageConfig.getOption('hubHost'), prefix } : null;
}

/**
 * The page of a Hub service.
 *
 * With `subdomain_host` it is on a host of its own, which JupyterHub's default
 * (`jupyterhub.utils.subdomain_hook_idna`) derives from the service's name. A name that is not a plain
 * DNS label takes more than that: the Hub's home page, which links its services, has to do.
 */
export function serviceUrl(hub: IHub, name: string, path = ''): string {
  const base = basePath(hub);
  const page = `${base}services/${quote(name)}/${below(path)}`;
  if (!hub.host) {
    return page;
  }
  if (!isPlainLabel(name)) {
    return `${hub.host}${hub.prefix}home`;
  }
  const { protocol, host } = new URL(hub.host);
  return `${protocol}//${name}--service.${host}${page}`;
}

/**
 * The page of a user's server.
 *
 * With `subdomain_host` it goes by way of the Hub, which knows the user's host.
 */
export function serverUrl(
  hub: IHub,
  owner: string,
  name: string,
  path = ''
): string {
  const base = hub.host ? `${hub.host}${hub.prefix}` : basePath(hub);
  const server = name ? `${quote(name)}/` : '';
  return `${base}user/${quote(owner)}/${server}${below(path)}`;
}

/**
 * The path of the deployment: what the Hub's own prefix is below.
 */
function basePath(hub: IHub): string {
  return hub.prefix.replace(/hub\/?$/, '');
}

/**
 * Escapes a name as `jupyterhub.utils.url_escape_path` does: the proxy compares paths as they are.
 */
function quote(name: string): string {
  return encodeURIComponent(name)
    .replace(/%40/g, '@')
    .replace(
      /[!'()*]/g,
      char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
    );
}

/**
 * A path that stays below its service or server, whatever dots and slashes it has.
 */
function below(path: string): string {
  const { pathname, search, hash } = new URL(
    path.replace(/^[/\\]+/, './'),
    'http://below/'
  );
  return `${pathname.replace(/^\/+/, '')}${search}${hash}`;
}

function isPlainLabel(name: string): boolean {
  return /^[a-z0-9-]{1,63}$/i.test(name) && !/^-|-$|--|^\d+$/.test(name);
}
