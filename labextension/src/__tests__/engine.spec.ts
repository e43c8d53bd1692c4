import { ServerConnection } from '@jupyterlab/services';
import type { Card } from '../../wasm/scoped_launcher.js';
import { WasmDecisionSource } from '../engine';
import {
  createContext,
  createEngine,
  createTexts,
  toBytes
} from './engineFixture';

const TERMINAL = { command: 'terminal:create-new' };
const EDITOR = { command: 'fileeditor:create-new' };
const KERNEL: Card = { id: 'kernel:class_1', kind: 'kernel', name: 'class_1' };

describe('WasmDecisionSource', () => {
  let engine: ReturnType<typeof createEngine>;
  let source: WasmDecisionSource;

  beforeEach(() => {
    engine = createEngine();
    source = new WasmDecisionSource(
      engine,
      ServerConnection.makeSettings(),
      createTexts()
    );
  });

  const setGroups = (...groups: string[]) => {
    engine.setContext(toBytes(createContext(groups)));
    // What the controller does after each load.
    source.decide([TERMINAL, EDITOR]);
  };

  it('decides on cards that are not in the launcher', () => {
    setGroups();
    expect(source.decideCard(KERNEL)).toEqual({
      isShown: false,
      isGoverned: true
    });
    const other = { ...KERNEL, name: 'other', category: 'Notebook' };
    expect(source.decideCard(other)).toEqual({
      isShown: true,
      isGoverned: false
    });
    // Without a section it stands for the console's card, too, which a rule matches.
    expect(source.decideCard({ ...other, category: undefined })).toEqual({
      isShown: true,
      isGoverned: true
    });
  });

  it('decides again when the context changes', () => {
    setGroups();
    expect(source.decideCard(KERNEL).isShown).toBe(false);
    setGroups('class');
    expect(source.decideCard(KERNEL).isShown).toBe(true);
  });

  it('tells cards apart from launcher items, in any order', () => {
    setGroups();
    source.decideCard(KERNEL);
    expect(source.decide([EDITOR, TERMINAL])).toEqual([true, false]);
    expect(source.decideCard({ ...KERNEL, name: 'other' }).isShown).toBe(true);
    expect(source.decide([TERMINAL])).toEqual([false]);
    expect(source.decideCard(KERNEL).isShown).toBe(false);
  });

  it('knows nothing before the first context', () => {
    expect(source.decideCard(KERNEL)).toEqual({
      isShown: false,
      isGoverned: false
    });
  });
});
