/**
 * Lets Jest (CommonJS) load wasm-bindgen's glue, an ES module that asks for its own URL.
 */
const { createTransformer } = require('babel-jest').default;
const { pathToFileURL } = require('node:url');

const babel = createTransformer({
  configFile: false,
  presets: [['@babel/preset-env', { targets: { node: 'current' } }]]
});

module.exports = {
  ...babel,
  process: (source, path, options) =>
    babel.process(
      source.replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href)
      ),
      path,
      options
    )
};
