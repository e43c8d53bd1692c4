const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

const base = jestJupyterLab(__dirname);
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@marijn',
  '@microsoft',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'y-protocols',
  'yjs'
].join('|');

module.exports = {
  ...base,
  modulePathIgnorePatterns: [
    '<rootDir>/jupyterlab_scoped_launcher/',
    '<rootDir>/target/'
  ],
  reporters: ['default'],
  testRegex: 'labextension/src/.*\\.spec\\.tsx?$',
  transform: {
    '\\.svg$': '@jupyterlab/testing/lib/jest-raw-loader.js',
    '^.+\\.tsx?$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }],
    'labextension/wasm/.+\\.js$': '<rootDir>/scripts/jest-wasm-glue.cjs',
    '^.+\\.m?js$': [
      'babel-jest',
      { configFile: false, presets: ['@babel/preset-env'] }
    ]
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules})).+`]
};
