/**
 * The modules of the labextension import in one direction, type-only imports included:
 *
 *   index -> plugins -> launcherController -> components -> foundations -> the types of the engine
 *
 * A folder belongs to one plugin; its modules import each other in one direction, and foundations.
 *
 * `npm run imports:check` fails on a circle and on an import against this direction.
 */
const file = (...names) => `^labextension/src/(${names.join('|')})\\.ts$`;

const sources = '^labextension/src/[^/]+\\.tsx?$';
const folders = '^labextension/src/(access|commands|kernels)/';
const index = file('index');
const plugins = file('launcherPlugin', 'apiPlugin');
const controller = file('launcherController');
// What the controller connects.
const components = file(
  'contextEvents',
  'contextPoller',
  'copyCards',
  'engine',
  'itemImages',
  'launcherFilter',
  'notifications',
  'placeKeeper',
  'policyCards',
  'preserveFocus',
  'scopedLauncher',
  'serverFallback'
);
// What components use. They import no module of the labextension.
const foundations = file(
  'cardIcons',
  'decisionSource',
  'errorMessages',
  'hubUrls',
  'launcherItem',
  'launcherState',
  'refusalBody',
  'shellChanges',
  'tokens',
  'webLinks'
);

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Modules must not import each other in a circle.',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'has-a-layer',
      comment: 'A new module of the labextension must be named in this file.',
      severity: 'error',
      from: {
        path: sources,
        pathNot: [index, plugins, controller, components, foundations]
      },
      to: {}
    },
    {
      name: 'not-to-index',
      comment: 'Nothing imports the list of plugins.',
      severity: 'error',
      from: {},
      to: { path: index }
    },
    {
      name: 'not-to-plugins',
      comment: 'Only the list of plugins imports them.',
      severity: 'error',
      from: { path: '^labextension/src/', pathNot: [index, '/__tests__/'] },
      to: { path: [plugins, `${folders}plugin\\.tsx?$`] }
    },
    {
      name: 'not-from-folders',
      comment: "A plugin's folder imports foundations, and modules of its own.",
      severity: 'error',
      from: { path: folders },
      to: {
        path: '^labextension/src/',
        pathNot: [foundations, '^labextension/src/$1/']
      }
    },
    {
      name: 'not-to-controller',
      comment: 'Only a plugin imports the controller.',
      severity: 'error',
      from: { path: sources, pathNot: plugins },
      to: { path: controller }
    },
    {
      name: 'not-between-components',
      comment: 'A component imports foundations only.',
      severity: 'error',
      from: { path: [components, foundations] },
      to: { path: components }
    },
    {
      name: 'not-from-foundations',
      comment: 'A foundation imports foundations only.',
      severity: 'error',
      from: { path: foundations },
      to: { path: sources, pathNot: foundations }
    },
    {
      name: 'not-to-tests',
      comment: 'Only tests import tests.',
      severity: 'error',
      from: { path: sources },
      to: { path: '^labextension/src/__tests__/' }
    },
    {
      name: 'no-unresolvable',
      comment: 'Every imported module must exist.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^labextension/wasm/'] },
    // Type-only imports disappear when TypeScript is compiled: look at the sources before that.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' }
  }
};
