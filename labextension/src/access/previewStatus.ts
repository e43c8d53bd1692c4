import type { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { AccessModel } from './accessModel';
import { describeSubject } from './subject';

/**
 * Says in the status bar as whom the launcher is looked at, whatever tab is before the visitor.
 */
export function addPreviewStatus(
  statusBar: IStatusBar,
  model: AccessModel,
  trans: TranslationBundle
): void {
  const item = new Widget();
  const text = document.createElement('span');
  text.className = 'jp-StatusBar-TextItem';
  item.node.append(text);
  const update = () => {
    const { subject } = model;
    text.textContent = subject && describeSubject(subject, trans);
  };
  model.stateChanged.connect(update);
  statusBar.registerStatusItem('scoped-launcher:preview', {
    item,
    align: 'middle',
    isActive: () => model.subject !== null,
    activeStateChanged: model.stateChanged
  });
}
