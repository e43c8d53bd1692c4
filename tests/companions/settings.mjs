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
    '@amzn/sagemaker-jproxy-launcher-ext',
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

/** Settings of launcher-links: cards for the class and for all, and a section for the class alone. */
export const LINKS = {
  '.jupyter/lab/user-settings/launcher-links/plugin.jupyterlab-settings': {
    launchers: [
      ['class-link', 'Class link', 'Links'],
      ['free-link', 'Free link', 'Links'],
      ['notes', 'Class notes', 'Week 1']
    ].map(([id, label, category]) => ({
      id,
      label,
      category,
      url: `https://example.edu/${id}`
    }))
  }
};

/** Those cards that the policy shows to the class alone. */
export function classCards(cards) {
  return cards.filter(card => /Class|Übung <b>|Terminal|Desktop|env:class/.test(card));
}
