/**
 * The settings of JupyterLab in the trials, and what their policy hides from others than the class.
 */

/** Files in the home of a user: what one trial tries is switched on, and nothing else that changes the launcher. */
export function settingsWith(...extensions) {
  const optional = [
    'jupyterlab-launchpad',
    'jupyter_app_launcher',
    'jupyterlab-launcher-shortcuts',
    'launcher-links',
    '@jupyterlab/git',
    '@voila-dashboards/jupyterlab-preview',
    '@jupyter-server/resource-usage',
    '@jupyter/collaboration-extension',
    '@jupyter/docprovider-extension'
  ];
  const disabled = [
    '@jupyterlab/apputils-extension:announcements',
    ...optional.filter(name => !extensions.includes(name))
  ];
  return {
    '.jupyter/labconfig/page_config.json': {
      disabledExtensions: Object.fromEntries(disabled.map(name => [name, true]))
    }
  };
}

export const SETTINGS = settingsWith();

/** Those cards that the policy shows to the class alone. */
export function classCards(cards) {
  return cards.filter(card => /Class|Übung <b>|Terminal|Desktop|env:class/.test(card));
}
