// The dashboards' JSON by Grafana's own types, narrowed where those say "anything": a
// panel's options and look by its type, and a query as one for Prometheus.
import type * as grafana from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as text from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen';
import type * as series from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as xychart from '@grafana/schema/dist/esm/raw/composable/xychart/panelcfg/x/XYChartPanelCfg_types.gen';

// Plain is T as JSON has it: the text of an enumeration in place of its name.
type Plain<T> = 0 extends 1 & T ? any
  : T extends string ? (string extends T ? T : `${T}`)
  : T extends readonly (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;

type Prometheus = { type: 'prometheus'; uid: string };

// Query is one for Prometheus: its fields are the data source's, and no part of the package.
type Query = Plain<Omit<grafana.DataQuery, 'datasource'>> & {
  datasource: Prometheus;
  expr: string;
  legendFormat: string;
  format: 'time_series' | 'heatmap' | 'table';
  editorMode: 'code' | 'builder';
  instant: boolean;
  range: boolean;
};

interface PanelOf<Type, Options, Look> extends Omit<Plain<grafana.Panel>, 'type' | 'options' | 'fieldConfig' | 'targets' | 'datasource'> {
  type: Type;
  id: number;
  title: string;
  description: string;
  gridPos: Plain<grafana.GridPos>;
  datasource: Prometheus;
  targets: Query[];
  options: Plain<Options>;
  fieldConfig: Omit<Plain<grafana.FieldConfigSource>, 'defaults'> & {
    defaults: Omit<Plain<grafana.FieldConfig>, 'custom'> & { custom?: Plain<Look> };
  };
}

// State timelines read both as time series do, and the package has them for those only.
type TimelineLook = timeline.FieldConfig & Pick<grafana.GraphFieldConfig, 'insertNulls' | 'spanNulls'>;

export type Panel =
  | PanelOf<'stat', stat.Options, never>
  | PanelOf<'timeseries', series.Options, series.FieldConfig>
  | PanelOf<'state-timeline', timeline.Options, TimelineLook>
  | PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | PanelOf<'bargauge', bargauge.Options, never>
  | PanelOf<'table', table.Options, table.FieldConfig>
  | PanelOf<'xychart', xychart.Options, xychart.FieldConfig>
  | PanelOf<'text', text.Options, never>;

// An annotation's query: of the dashboard itself, of tags, or of Prometheus, whose fields are
// the data source's.
type Annotation = Omit<Plain<grafana.AnnotationQuery>, 'target'> & {
  target: Partial<Plain<grafana.AnnotationTarget>> & { expr?: string; interval?: string; refId?: string };
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
};

// A variable that asks: definition is the text of the query, as Grafana itself saves it.
type Variable = Plain<grafana.VariableModel> & { definition?: string };

export interface Board extends Omit<Plain<grafana.Dashboard>, 'panels' | 'annotations' | 'templating'> {
  id: null;
  uid: string;
  title: string;
  schemaVersion: 42;
  panels: Panel[];
  annotations: { list: Annotation[] };
  templating: { list: Variable[] };
}

// What is a Board is a dashboard. The target of an annotation is a query with a refId there;
// Grafana itself saves those of its own two data sources without one.
export const isDashboard = (b: Board): Omit<Plain<grafana.Dashboard>, 'annotations'> => b;
