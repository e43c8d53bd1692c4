import type { ILauncher } from '@jupyterlab/launcher';
import { launcherIcon, LabIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { drawItemImages } from '../itemImages';

const ITEMS: ILauncher.IItemOptions[] = [
  {
    command: 'proxy:open',
    args: { id: 'tools', urls: ['a'] },
    kernelIconUrl: '/user/ann/server-proxy/icon/tools'
  },
  {
    command: 'proxy:open',
    args: { id: 'a & b' },
    kernelIconUrl: '/user/ann/server-proxy/icon/a & b'
  },
  { command: 'proxy:open', args: { id: 'plain' } },
  { command: 'with-icon', kernelIconUrl: '/other.svg' }
];

describe('drawItemImages', () => {
  function createCommands() {
    const commands = new CommandRegistry();
    commands.addCommand('proxy:open', {
      describedBy: {},
      execute: () => undefined
    });
    commands.addCommand('with-icon', {
      icon: launcherIcon,
      describedBy: {},
      execute: () => undefined
    });
    drawItemImages(commands, () => ITEMS, '/user/ann/');
    return commands;
  }

  it('gives a launcher the image of an item', () => {
    const icon = createCommands().icon('proxy:open', {
      id: 'tools',
      urls: ['a'],
      cwd: ''
    });
    expect((icon as LabIcon).svgstr).toContain(
      'href="/user/ann/server-proxy/icon/tools"'
    );
  });

  it('takes a URL with blanks as browsers do', () => {
    const icon = createCommands().icon('proxy:open', { id: 'a & b', cwd: '' });
    expect((icon as LabIcon).svgstr).toContain(
      'href="/user/ann/server-proxy/icon/a%20&amp;%20b"'
    );
  });

  it('gives the same icon each time', () => {
    const commands = createCommands();
    const args = { id: 'tools', urls: ['a'], cwd: '' };
    expect(commands.icon('proxy:open', args)).toBe(
      commands.icon('proxy:open', args)
    );
  });

  it.each([
    ['of an item without an image', 'proxy:open', { id: 'plain', cwd: '' }],
    ['of an item that is not there', 'proxy:open', { id: 'x', cwd: '' }],
    ['with other arguments', 'proxy:open', { id: 'tools', urls: [], cwd: '' }],
    ['asked by others than a launcher', 'proxy:open', { id: 'tools' }]
  ])('leaves a command %s as it is', (_, id, args) => {
    expect(createCommands().icon(id, args)).toBeUndefined();
  });

  it('leaves a command its own icon', () => {
    expect(createCommands().icon('with-icon', { cwd: '' })).toBe(launcherIcon);
  });
});
