/** A table with search and paging done by the server: a hundred thousand rows cost as much as fifty. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Page } from '../../api/types.ts';
import type { Slice } from '../client.ts';
import { count } from '../format.ts';
import { query, setQuery } from '../router.ts';
import { useLoad, useSettled } from '../use.ts';
import { Waiting } from './basics.tsx';

export const ROWS_A_PAGE = 50;

export interface Column<Row> {
  readonly title: string;
  /** Class of the cells: `number`, `wide`, `narrow`. */
  readonly kind?: string;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface TableProps<Row> {
  /** Also the prefix of its words in the address. */
  readonly name: string;
  readonly what: string;
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  readonly load: (slice: Slice) => Promise<Page<Row>>;
  /** Changes when the rows should be asked for again. */
  readonly again?: number | string;
  /** Further words the load depends on. */
  readonly filter?: string;
  readonly empty: string;
  readonly searchLabel: string;
  readonly tools?: ComponentChildren;
}

export function Rows<Row>({
  columns,
  rows,
  rowKey,
  caption,
}: Pick<TableProps<Row>, 'columns' | 'rowKey'> & { rows: readonly Row[]; caption: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="table-frame" aria-label={`${caption}, a table that scrolls`} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.kind}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td key={column.title} class={column.kind}>
                  <div class="cell">{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function PagedTable<Row>(props: TableProps<Row>) {
  const { name, what, columns, rowKey, again = 0, filter = '', empty, searchLabel } = props;
  const [search, setSearch] = useState(query.value.get(`${name}-search`) ?? '');
  const settled = useSettled(search);
  const offset = Math.max(0, Number(query.value.get(`${name}-from`) ?? 0) || 0);
  const loaded = useLoad(
    `${name} ${settled} ${offset} ${filter}`,
    () => props.load({ offset, limit: ROWS_A_PAGE, search: settled }),
    again,
  );
  // Rows stay on screen while the next ones are on their way.
  const [shown, setShown] = useState<Page<Row> | undefined>(undefined);
  useEffect(() => {
    if (loaded.data) setShown(loaded.data);
  }, [loaded.data]);

  const onSearch = (text: string) => {
    setSearch(text);
    setQuery({ [`${name}-search`]: text, [`${name}-from`]: '' });
  };
  const jump = (to: number) => setQuery({ [`${name}-from`]: to <= 0 ? '' : String(to) });

  return (
    <>
      <div class="tools">
        <input
          type="search"
          value={search}
          aria-label={searchLabel}
          placeholder={searchLabel}
          onInput={(event) => onSearch(event.currentTarget.value)}
        />
        {props.tools}
        {shown ? <Pager page={shown} jump={jump} what={what} /> : null}
      </div>
      <Waiting of={shown && loaded.error === '' ? { ...loaded, data: shown } : loaded} what={what} />
      {shown && shown.items.length > 0 ? (
        <Rows columns={columns} rows={shown.items} rowKey={rowKey} caption={what} />
      ) : null}
      {shown && shown.items.length === 0 ? (
        <p class="soft">{settled === '' ? empty : `Nothing matches “${settled}”.`}</p>
      ) : null}
    </>
  );
}

function Pager({ page, jump, what }: { page: Page<unknown>; jump: (to: number) => void; what: string }) {
  const last = page.offset + page.items.length;
  const range = page.total === 0 ? '0' : `${count(page.offset + 1)}–${count(last)} of ${count(page.total)}`;
  return (
    <div class="pager">
      <span aria-live="polite">
        {range} {what}
      </span>
      {page.total > ROWS_A_PAGE ? (
        <>
          <button type="button" disabled={page.offset === 0} onClick={() => jump(page.offset - ROWS_A_PAGE)}>
            Previous
          </button>
          <button type="button" disabled={last >= page.total} onClick={() => jump(page.offset + ROWS_A_PAGE)}>
            Next
          </button>
        </>
      ) : null}
    </div>
  );
}
