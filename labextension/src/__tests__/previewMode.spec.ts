import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { AccessClient, type IAccess } from '../access/accessClient';
import { AccessModel } from '../access/accessModel';
import { PreviewMode } from '../access/previewMode';
import type { LauncherFilter } from '../launcherFilter';
import { createAccess, createCard } from './accessFixture';
import { createContext } from './engineFixture';
import { Page } from './stateFixture';

describe('PreviewMode', () => {
  let page: Page;
  let model: AccessModel;
  let preview: PreviewMode;
  /** What the server answers next; an error if it is null. */
  let answer: IAccess | null;
  let asked: unknown[];

  beforeEach(async () => {
    jest.spyOn(console, 'warn').mockImplementation();
    page = new Page();
    page.addCommand('terminal:create-new', 'Terminal');
    page.addCommand('fileeditor:create-new', 'Text File');
    page.model.add({ command: 'terminal:create-new' });
    page.model.add({ command: 'fileeditor:create-new' });
    await page.start(createContext([]));
    asked = [];
    const settings = ServerConnection.makeSettings({
      fetch: async (request: RequestInfo) => {
        asked.push(((await (request as Request).json()) as { as: unknown }).as);
        return answer
          ? new Response(JSON.stringify(answer))
          : new Response(JSON.stringify({ message: 'no' }), { status: 403 });
      }
    });
    const specs = { specs: null } as never;
    model = new AccessModel(
      new AccessClient(settings, 'en'),
      page.state,
      specs
    );
    const trans = nullTranslator.load('jupyterlab');
    preview = new PreviewMode(page.model, page.state, model, trans);
  });

  afterEach(() => {
    page.state.dispose();
    jest.restoreAllMocks();
  });

  /** What the launcher renders. */
  const getShown = () =>
    [...page.model.items()].map(({ command, args, category }) => [
      command.replace('scoped-launcher:', ''),
      args?.title ?? null,
      category
    ]);
  const OWN = [['fileeditor:create-new', null, '']];
  const OTHERS = () =>
    createAccess([
      createCard({ visible: true }),
      createCard({
        id: 'page:0',
        kind: 'command',
        title: 'Terminal',
        visible: true
      }),
      createCard({ id: 'page:1', kind: 'command', title: 'Text File' }),
      createCard({ name: 'class_b', title: 'Class B', locked: true })
    ]);

  it('shows what the other sees, in the sections of their launcher, and nothing else', async () => {
    expect(getShown()).toEqual(OWN);
    answer = OTHERS();
    expect(await preview.start({ user: 'bob' })).toBe(true);
    expect(asked).toEqual([{ user: 'bob' }]);
    expect(getShown()).toEqual([
      ['preview-card', 'Class A', 'Notebook'],
      ['preview-card', 'Terminal', ''],
      ['preview-card', 'Class B', 'Notebook']
    ]);
    expect(preview.subject).toEqual({ user: 'bob' });
    // What another extension adds meanwhile is not in the picture.
    page.model.add({ command: 'other:open' });
    expect(getShown()).toHaveLength(3);
  });

  it('never has the own cards and the picture in one rendering', async () => {
    const renderings: string[][] = [];
    page.model.stateChanged.connect(() =>
      renderings.push([...page.model.items()].map(item => item.command))
    );
    answer = OTHERS();
    await preview.start({ groups: ['class'] });
    answer = createAccess([]);
    await preview.end();
    for (const commands of renderings) {
      expect(
        new Set(commands.map(id => id.includes('preview'))).size
      ).toBeLessThan(2);
    }
    expect(renderings.length).toBeGreaterThan(2);
  });

  it('leaves everything as it is if the server refuses', async () => {
    answer = null;
    expect(await preview.start({ user: 'bob' })).toBe(false);
    expect(model.error).toBe('no');
    expect(preview.subject).toBeNull();
    expect(getShown()).toEqual(OWN);
  });

  it('ends, whether the server answers or not', async () => {
    answer = OTHERS();
    await preview.start({ user: 'bob' });
    answer = null;
    await preview.end();
    expect(preview.subject).toBeNull();
    expect(model.access).toBeNull();
    expect(getShown()).toEqual(OWN);
    expect(asked).toEqual([{ user: 'bob' }, undefined]);
    expect(document.body.className).toBe('');
  });

  it('replaces one picture with another', async () => {
    answer = OTHERS();
    await preview.start({ user: 'bob' });
    answer = createAccess([createCard({ title: 'Z', visible: true })]);
    await preview.start({ groups: [] });
    expect(getShown()).toEqual([['preview-card', 'Z', 'Notebook']]);
  });

  it('changes no decision of the engine', async () => {
    answer = OTHERS();
    await preview.start({ user: 'bob' });
    const terminal = page.state.toCard({ command: 'terminal:create-new' })!;
    expect(page.state.decideCard(terminal).isShown).toBe(false);
    expect((page.state.items as LauncherFilter).getAllItems()).toHaveLength(5);
  });

  it('lets the last of several requests count', async () => {
    answer = OTHERS();
    const first = preview.start({ user: 'bob' });
    const second = preview.start({ user: 'carl' });
    expect(await Promise.all([first, second])).toEqual([false, true]);
    expect(preview.subject).toEqual({ user: 'carl' });
    // Ending it forgets a request under way.
    const third = preview.start({ user: 'dora' });
    await preview.end();
    expect(await third).toBe(false);
    expect(getShown()).toEqual(OWN);
  });
});
