/**
 * The modules of the labextension import in one direction, type-only imports included:
 *
 *   index -> launcherController -> components -> foundations -> the types of the engine
 *
 * `npm run imports:check` fails on a circle and on an import against this direction.
 */
const file = (...names) => `^labextension/src/(${names.join('|')})\\.ts$`;

const sources = '^labextension/src/[^/]+\\.ts$';
const index = file('index');
const controller = file('launcherController');
// What the controller connects.
const components = file(
  'contextPoller',
  'copyCards',
  'engine',
  'launcherFilter',
  'notifications',
  'policyCards',
  'preserveFocus',
  'serverFallback'
);
// What components use. They import no module of the labextension.
const foundations = file(
  'cardIcons',
  'decisionSource',
  'hubUrls',
  'launcherItem'
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
        pathNot: [index, controller, components, foundations]
      },
      to: {}
    },
    {
      name: 'not-to-index',
      comment: 'Nothing imports the plugin.',
      severity: 'error',
      from: {},
      to: { path: index }
    },
    {
      name: 'not-to-controller',
      comment: 'Only the plugin imports the controller.',
      severity: 'error',
      from: { path: sources, pathNot: index },
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
      name: 'not-between-foundations',
      comment: 'A foundation imports no module of the labextension.',
      severity: 'error',
      from: { path: foundations },
      to: { path: sources }
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
