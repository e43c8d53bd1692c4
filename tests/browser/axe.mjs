/**
 * Looks for violations of WCAG 2.2 AA with axe.
 */
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';

const source = await readFile(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8'
);

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * @param page A page of Playwright, or one of its frames.
 * @param include CSS selectors of the elements to look into. Each must be there.
 * @param exclude Elements within them that are not ours: CSS selectors, or axe's selectors for elements in a shadow tree.
 * @returns Each violation as a text: the rule, what it says, and the element.
 */
export async function findViolations(
  page,
  include = ['body'],
  { exclude = [] } = {}
) {
  for (const selector of include) {
    await page.locator(`${selector}:visible`).first().waitFor();
  }
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.evaluate(source);
  }
  return page.evaluate(
    async ({ include, exclude, tags }) => {
      const { violations } = await window.axe.run(
        { include, exclude },
        {
          runOnly: tags,
          resultTypes: ['violations']
        }
      );
      return violations.flatMap(({ id, help, nodes }) =>
        nodes.map(
          ({ target, html, failureSummary }) =>
            `${id}: ${help}: ${target.join(' ')}: ${html.slice(0, 200)}: ${failureSummary.replace(/\s+/g, ' ')}`
        )
      );
    },
    { include, exclude, tags: TAGS }
  );
}
