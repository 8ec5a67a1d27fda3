/** HTML as text, safely: whatever stands between the marks of `html` is escaped unless it is HTML itself. */
import { clean } from '../inspect-text.ts';

/** Text that is already HTML. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return clean(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Template tag: strings and numbers are escaped, `Html` and lists of it are taken as they are. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(texts.reduce((whole, text, i) => whole + render(parts[i - 1] ?? '') + text));
}

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return escapeHtml(part);
  return typeof part === 'number' ? String(part) : part.map(({ text }) => text).join('');
}

/** A table with a head; columns named in `right` are aligned to the right. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly Part[])[],
  right: readonly number[] = [],
): Html {
  const align = (column: number) => (right.includes(column) ? html` class="right"` : html``);
  return html`<table><thead><tr>${head.map((cell, i) => html`<th${align(i)}>${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, i) => html`<td${align(i)}>${cell}</td>`)}</tr>
`,
  )}</tbody></table>`;
}
