// What must not pass: where one of these did, the types above would say nothing.
import type { Board, Panel } from './board.js';

const place = { id: 1, title: 't', description: 'd', gridPos: { x: 0, y: 0, w: 1, h: 1 }, datasource: { type: 'prometheus', uid: 'p' }, targets: [] } as const;
const text: Panel = { ...place, targets: [], type: 'text', options: { mode: 'markdown', content: '' }, fieldConfig: { defaults: {}, overrides: [] } };

export const wrong: Panel[] = [
  text,
  // @ts-expect-error: no such type of panel
  { ...text, type: 'graph' },
  // @ts-expect-error: a value that the enumeration does not have
  { ...text, options: { mode: 'mark-down', content: '' } },
  // @ts-expect-error: a required option is missing
  { ...text, options: { mode: 'markdown' } },
  // @ts-expect-error: no such option
  { ...text, options: { mode: 'markdown', content: '', colour: 'red' } },
  // @ts-expect-error: no such field of the panel
  { ...text, datasource: { type: 'prometheus', uid: 'p' }, descriptions: '' },
  // @ts-expect-error: no such field of the look
  { ...place, targets: [], type: 'table', options: { frameIndex: 0, showHeader: true }, fieldConfig: { defaults: { custom: { alignment: 'auto' } }, overrides: [] } },
  // @ts-expect-error: a text where a number belongs
  { ...text, fieldConfig: { defaults: { decimals: '2' }, overrides: [] } },
  // @ts-expect-error: a query of another kind of data source
  { ...text, targets: [{ refId: 'A', query: 'up' }] },
];

// @ts-expect-error: the version of the schema, and what a dashboard must have
export const board: Board = { id: null, uid: 'u', title: 't', schemaVersion: 36, panels: [], annotations: { list: [] }, templating: { list: [] } };
