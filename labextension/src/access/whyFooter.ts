import { Widget } from '@lumino/widgets';

/**
 * A quiet link at the foot of a launcher.
 */
export class WhyFooter extends Widget {
  /**
   * @param label - Its text.
   * @param onClick - What it does.
   */
  constructor(label: string, onClick: () => void) {
    super();
    this.addClass('jp-ScopedLauncher-footer');
    const button = document.createElement('button');
    button.className = 'jp-ScopedLauncher-why';
    button.textContent = label;
    button.addEventListener('click', onClick);
    this.node.append(button);
  }
}
