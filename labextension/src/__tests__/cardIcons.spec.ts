import { launcherIcon, pythonIcon } from '@jupyterlab/ui-components';
import { CardIcons } from '../cardIcons';

const icons = new CardIcons('http://localhost/user/ann/');

/** The elements and attributes of an icon's markup. */
function parse(name: string): { elements: string[]; href: string | null } {
  const { svgstr } = icons.get(name);
  const svg = new DOMParser().parseFromString(svgstr, 'image/svg+xml');
  return {
    elements: [...svg.querySelectorAll('*')].map(({ tagName }) => tagName),
    href: svg.querySelector('image')?.getAttribute('href') ?? null
  };
}

describe('CardIcons', () => {
  it("returns JupyterLab's icons by name", () => {
    expect(icons.get('ui-components:python')).toBe(pythonIcon);
  });

  it.each([
    [
      'workbench.svg',
      'http://localhost/user/ann/scoped-launcher/icons/workbench.svg'
    ],
    ['a b.png', 'http://localhost/user/ann/scoped-launcher/icons/a%20b.png'],
    ['/services/web/icon.svg', '/services/web/icon.svg'],
    ['data:image/png;base64,AAAA', 'data:image/png;base64,AAAA']
  ])('embeds %s as an image', (name, href) => {
    expect(parse(name)).toEqual({ elements: ['svg', 'image'], href });
  });

  it.each(['/x"onload="alert(1)', '/x"/><script>alert(1)</script>', "/x'&<b>"])(
    'writes %s as text',
    name => {
      expect(parse(name)).toEqual({ elements: ['svg', 'image'], href: name });
    }
  );

  it.each([
    undefined,
    '',
    'https://example.org/icon.svg',
    '//example.org/icon.svg',
    '/\\example.org/icon.svg',
    '/\t/example.org/icon.svg',
    'javascript:alert(1)//x.svg',
    'data:text/html,x',
    '../secret.svg',
    '<svg onload="alert(1)"/>'
  ])("returns the launcher's icon for %j", name => {
    expect(icons.get(name)).toBe(launcherIcon);
  });

  it('makes an icon once, so that it stays in the page', () => {
    const icon = icons.get('workbench.svg');
    const replaced = jest.fn();
    const { svgstr } = icon;
    Object.defineProperty(icon, 'svgstr', {
      get: () => svgstr,
      set: replaced
    });
    expect(icons.get('workbench.svg')).toBe(icon);
    expect(replaced).not.toHaveBeenCalled();
  });
});
