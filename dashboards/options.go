package dashboards

// Options of the panels in use, with the values that all panels of a type share.
// https://grafana.com/docs/grafana/latest/panels-visualizations/visualizations/

// Colours of the Okabe and Ito palette, darkened where a line on white would have a
// contrast under 3 to 1. No pair of them is told apart by red and green alone.
const (
	blue   = "#0072B2"
	orange = "#B35C00"
	red    = "#C1440E"
	sky    = "#56B4E9"
	purple = "#AA3377"
	teal   = "#00796B"
	grey   = "#5A5A5A"
	pale   = "#DADADA"
)

type statOptions struct {
	ColorMode     string        `json:"colorMode"`
	GraphMode     string        `json:"graphMode"`
	PercentChange bool          `json:"showPercentChange"`
	PercentColour string        `json:"percentChangeColorMode"`
	JustifyMode   string        `json:"justifyMode"`
	Orientation   string        `json:"orientation"`
	ReduceOptions reduceOptions `json:"reduceOptions"`
	TextMode      string        `json:"textMode"`
	WideLayout    bool          `json:"wideLayout"`
}

type reduceOptions struct {
	Calcs  []string `json:"calcs"`
	Fields string   `json:"fields"`
	Values bool     `json:"values"`
}

type seriesOptions struct {
	Legend  legendOptions  `json:"legend"`
	Tooltip tooltipOptions `json:"tooltip"`
}

type legendOptions struct {
	Calcs       []string `json:"calcs"`
	DisplayMode string   `json:"displayMode"`
	Placement   string   `json:"placement"`
	ShowLegend  bool     `json:"showLegend"`
}

type tooltipOptions struct {
	Mode string `json:"mode"`
	Sort string `json:"sort"`
}

type timelineOptions struct {
	AlignValue  string         `json:"alignValue"`
	Legend      legendOptions  `json:"legend"`
	MergeValues bool           `json:"mergeValues"`
	RowHeight   float64        `json:"rowHeight"`
	ShowValue   string         `json:"showValue"`
	Tooltip     tooltipOptions `json:"tooltip"`
}

type heatmapOptions struct {
	Calculate    bool                `json:"calculate"`
	CellGap      int                 `json:"cellGap"`
	Color        heatmapColor        `json:"color"`
	FilterValues heatmapFilter       `json:"filterValues"`
	Legend       heatmapLegend       `json:"legend"`
	RowsFrame    heatmapRows         `json:"rowsFrame"`
	Tooltip      heatmapTooltip      `json:"tooltip"`
	YAxis        heatmapAxis         `json:"yAxis"`
	CellValues   heatmapCells        `json:"cellValues"`
	ShowValue    string              `json:"showValue"`
	Exemplars    heatmapExemplarLook `json:"exemplars"`
}

type heatmapColor struct {
	Exponent float64 `json:"exponent"`
	Fill     string  `json:"fill"`
	Mode     string  `json:"mode"`
	Reverse  bool    `json:"reverse"`
	Scale    string  `json:"scale"`
	Scheme   string  `json:"scheme"`
	Steps    int     `json:"steps"`
}

type heatmapFilter struct {
	LE float64 `json:"le"`
}

type heatmapLegend struct {
	Show bool `json:"show"`
}

type heatmapRows struct {
	Layout string `json:"layout"`
}

type heatmapTooltip struct {
	Mode       string `json:"mode"`
	YHistogram bool   `json:"yHistogram"`
}

type heatmapAxis struct {
	AxisPlacement string `json:"axisPlacement"`
	Unit          string `json:"unit"`
}

type heatmapCells struct {
	Unit string `json:"unit"`
}

type heatmapExemplarLook struct {
	Color string `json:"color"`
}

// seriesLook is the look of lines.
type seriesLook struct {
	AxisLabel         string       `json:"axisLabel"`
	DrawStyle         string       `json:"drawStyle"`
	FillOpacity       int          `json:"fillOpacity"`
	LineInterpolation string       `json:"lineInterpolation"`
	LineWidth         int          `json:"lineWidth"`
	ScaleDistribution scale        `json:"scaleDistribution"`
	ShowPoints        string       `json:"showPoints"`
	SpanNulls         bool         `json:"spanNulls"`
	Stacking          stacking     `json:"stacking"`
	ThresholdsStyle   *threshStyle `json:"thresholdsStyle,omitempty"`
}

type scale struct {
	Type string `json:"type"`
	Log  int    `json:"log,omitempty"`
}

type stacking struct {
	Group string `json:"group"`
	Mode  string `json:"mode"`
}

type threshStyle struct {
	Mode string `json:"mode"`
}

type lineStyle struct {
	Fill string `json:"fill"`
	Dash []int  `json:"dash,omitempty"`
}

// timelineLook is the look of the bars of a state timeline. Without insertNulls a
// bar runs on over missing data as if the state had been seen.
type timelineLook struct {
	FillOpacity int  `json:"fillOpacity"`
	InsertNulls int  `json:"insertNulls"`
	LineWidth   int  `json:"lineWidth"`
	SpanNulls   bool `json:"spanNulls"`
}

// statLook is the stat panel's options. name shows the series' name instead of its
// value.
func statLook(textMode string) statOptions {
	return statOptions{
		ColorMode: "value", GraphMode: "none", PercentColour: "standard", JustifyMode: "auto", Orientation: "auto",
		ReduceOptions: reduceOptions{Calcs: []string{"lastNotNull"}}, TextMode: textMode, WideLayout: true,
	}
}

func legend(calcs ...string) legendOptions {
	if calcs == nil {
		calcs = []string{}
	}
	return legendOptions{Calcs: calcs, DisplayMode: "list", Placement: "bottom", ShowLegend: true}
}

func lines(axis string) seriesLook {
	return seriesLook{
		AxisLabel: axis, DrawStyle: "line", FillOpacity: 0, LineInterpolation: "linear", LineWidth: 2,
		ScaleDistribution: scale{Type: "linear"}, ShowPoints: "never", Stacking: stacking{Group: "A", Mode: "none"},
	}
}

func (l seriesLook) stacked() seriesLook {
	l.FillOpacity, l.LineWidth, l.Stacking.Mode = 70, 1, "normal"
	return l
}

func (l seriesLook) log() seriesLook {
	l.ScaleDistribution = scale{Type: "log", Log: 10}
	return l
}

func fixed(color string) *FieldColor { return &FieldColor{Mode: "fixed", FixedColor: color} }

// colour gives one series a fixed colour, and dashes where asked, so that colour is
// not all that tells it apart.
func colour(series, color string, dashed bool) Override {
	o := Override{
		Matcher:    Matcher{ID: "byName", Options: series},
		Properties: []Property{{ID: "color", Value: fixed(color)}},
	}
	if dashed {
		o.Properties = append(o.Properties, Property{ID: "custom.lineStyle", Value: lineStyle{Fill: "dash", Dash: []int{8, 6}}})
	}
	return o
}

// steps are thresholds: the first colour up to the first bound, and so on.
func steps(first string, rest ...Threshold) *Thresholds {
	return &Thresholds{Mode: "absolute", Steps: append([]Threshold{{Color: first}}, rest...)}
}

func from(value float64, color string) Threshold { return Threshold{Color: color, Value: &value} }
