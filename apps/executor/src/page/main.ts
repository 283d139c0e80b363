// The page of `countersign scan`: it carries requests out and decisions in. It cannot approve anything.
import { h } from './dom.ts';
import { ReadView } from './read-view.ts';
import { ShowView } from './show-view.ts';

const notice = h('p', { class: 'notice', role: 'alert' });

function say(text: string): void {
  notice.textContent = text.replace(/^\w*Error: /u, '');
}

const showView = new ShowView(say);
const readView = new ReadView(say, () => showView.refresh());

document.body.append(
  h(
    'main',
    {},
    h('h1', {}, 'Countersign'),
    h(
      'p',
      { class: 'lead' },
      'Carries requests out and decisions in. Nothing can be approved here: approvers sign on their own machines.',
    ),
    notice,
    h('div', { class: 'columns' }, showView.element, readView.element),
  ),
);
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  readView.takeFiles(event.dataTransfer?.files ?? []);
});
showView.refresh();
