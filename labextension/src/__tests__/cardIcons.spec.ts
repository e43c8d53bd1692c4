import { LabIcon, launcherIcon, pythonIcon } from '@jupyterlab/ui-components';
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

  it('adds the sign for a new tab to any icon', () => {
    for (const name of ['workbench.svg', 'ui-components:python', undefined]) {
      const { svgstr } = icons.getForNewTab(name);
      const svg = new DOMParser().parseFromString(svgstr, 'image/svg+xml');
      const [image, sign] = svg.documentElement.children;
      const source = new DOMParser().parseFromString(
        icons.get(name).svgstr,
        'image/svg+xml'
      );
      expect(image.innerHTML).toBe(source.documentElement.innerHTML);
      expect(sign.querySelector('path')).not.toBeNull();
      expect(icons.getForNewTab(name).svgstr).toBe(svgstr);
    }
  });

  it('follows an icon that another extension brings later', () => {
    const before = icons.getForNewTab('other:late');
    new LabIcon({ name: 'other:late', svgstr: '<svg><circle/></svg>' });
    const after = icons.getForNewTab('other:late');
    expect(after).toBe(before);
    expect(after.svgstr).toContain('circle');
  });

  it('bears an icon that is no SVG', () => {
    jest.spyOn(console, 'warn').mockImplementation();
    new LabIcon({ name: 'other:broken', svgstr: '<svg' });
    expect(
      icons.getForNewTab('other:broken').element().firstChild
    ).toBeTruthy();
    jest.restoreAllMocks();
  });
});
