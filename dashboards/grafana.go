package dashboards

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The types below are the part of Grafana's classic dashboard model that showdown
// uses, in the version that [SchemaVersion] names. They are typed so that a misspelt
// field does not compile: Grafana itself ignores what it does not know.
// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/

// SchemaVersion is the version of the dashboard model that these types are of, the
// last of its kind. The next model ("v2") is not used: the API client cannot post it
// and older servers refuse it.
const SchemaVersion = 42

// DatasourceUID is the uid of the Prometheus data source that every panel reads. It
// is fixed, because an input variable is resolved only where a person imports a
// dashboard, and one provisioned from a file would ask nothing.
const DatasourceUID = "prometheus"

// Dashboard is a Grafana dashboard.
type Dashboard struct {
	// ID is always null: the server numbers dashboards, files name them by uid.
	ID            *int        `json:"id"`
	UID           string      `json:"uid"`
	Title         string      `json:"title"`
	Description   string      `json:"description"`
	Tags          []string    `json:"tags"`
	Timezone      string      `json:"timezone"`
	SchemaVersion int         `json:"schemaVersion"`
	Version       int         `json:"version"`
	Editable      bool        `json:"editable"`
	GraphTooltip  int         `json:"graphTooltip"`
	Refresh       string      `json:"refresh"`
	Time          TimeRange   `json:"time"`
	Timepicker    Timepicker  `json:"timepicker"`
	Annotations   Annotations `json:"annotations"`
	Templating    Templating  `json:"templating"`
	Links         []Link      `json:"links"`
	Panels        []Panel     `json:"panels"`
}

// TimeRange is the range shown at first.
type TimeRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Timepicker is which refresh intervals are offered.
type Timepicker struct {
	RefreshIntervals []string `json:"refresh_intervals"`
}

// Datasource names a data source.
type Datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Annotations are what is drawn over every graph.
type Annotations struct {
	List []AnnotationQuery `json:"list"`
}

// AnnotationQuery is one source of annotations.
type AnnotationQuery struct {
	BuiltIn    int        `json:"builtIn,omitempty"`
	Datasource Datasource `json:"datasource"`
	Enable     bool       `json:"enable"`
	Hide       bool       `json:"hide"`
	IconColor  string     `json:"iconColor"`
	Name       string     `json:"name"`
	Type       string     `json:"type,omitempty"`
	// Target is the query; Expr and Step repeat it for servers that read them here.
	Target      AnnotationTarget `json:"target"`
	Expr        string           `json:"expr,omitempty"`
	Step        string           `json:"step,omitempty"`
	TitleFormat string           `json:"titleFormat,omitempty"`
	TextFormat  string           `json:"textFormat,omitempty"`
	TagKeys     string           `json:"tagKeys,omitempty"`
}

// AnnotationTarget is a query for annotations: an expression for Prometheus, tags
// for Grafana's own.
type AnnotationTarget struct {
	Expr     string   `json:"expr,omitempty"`
	Interval string   `json:"interval,omitempty"`
	RefID    string   `json:"refId,omitempty"`
	Limit    int      `json:"limit,omitempty"`
	MatchAny bool     `json:"matchAny"`
	Tags     []string `json:"tags,omitempty"`
	Type     string   `json:"type,omitempty"`
}

// Templating are the dashboard's variables.
type Templating struct {
	List []Variable `json:"list"`
}

// Variable is a value that a viewer chooses.
type Variable struct {
	Name        string         `json:"name"`
	Label       string         `json:"label"`
	Description string         `json:"description"`
	Type        string         `json:"type"`
	Datasource  *Datasource    `json:"datasource,omitempty"`
	Definition  string         `json:"definition,omitempty"`
	Query       any            `json:"query"`
	Current     *VariableValue `json:"current,omitempty"`
	Options     []VariableText `json:"options"`
	// Refresh is 2 for a query that is asked again when the time range changes.
	Refresh    int  `json:"refresh,omitempty"`
	Sort       int  `json:"sort,omitempty"`
	Multi      bool `json:"multi"`
	IncludeAll bool `json:"includeAll"`
	// Hide is 2 for a variable that is not shown.
	Hide int `json:"hide"`
}

// VariableQuery is the query of a variable of type "query".
type VariableQuery struct {
	Query string `json:"query"`
	RefID string `json:"refId"`
}

// VariableValue is a variable's value at first: a text, or a list where several may
// be chosen.
type VariableValue struct {
	Selected bool `json:"selected"`
	Text     any  `json:"text"`
	Value    any  `json:"value"`
}

// VariableText is one choice of a variable.
type VariableText struct {
	Selected bool   `json:"selected"`
	Text     string `json:"text"`
	Value    string `json:"value"`
}

// Link leads to other dashboards: those that have all of its tags.
type Link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Tags        []string `json:"tags"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	URL         string   `json:"url"`
	AsDropdown  bool     `json:"asDropdown"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
	TargetBlank bool     `json:"targetBlank"`
}

// Transformation reshapes what a panel's queries answered before it is drawn.
type Transformation struct {
	ID      string `json:"id"`
	Options any    `json:"options"`
}

// Panel is one panel.
type Panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	GridPos     GridPos    `json:"gridPos"`
	Datasource  Datasource `json:"datasource"`
	Interval    string     `json:"interval,omitempty"`
	// Repeat is the variable for each of whose values the panel is drawn once.
	Repeat          string           `json:"repeat,omitempty"`
	RepeatDirection string           `json:"repeatDirection,omitempty"`
	MaxPerRow       int              `json:"maxPerRow,omitempty"`
	Transformations []Transformation `json:"transformations,omitempty"`

	Targets     []Target    `json:"targets"`
	FieldConfig FieldConfig `json:"fieldConfig"`
	Options     any         `json:"options"`
}

// GridPos is where a panel lies on a grid 24 columns wide.
type GridPos struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Target is a query of a panel.
type Target struct {
	Datasource   Datasource `json:"datasource"`
	RefID        string     `json:"refId"`
	EditorMode   string     `json:"editorMode"`
	Expr         string     `json:"expr"`
	LegendFormat string     `json:"legendFormat"`
	Format       string     `json:"format"`
	Instant      bool       `json:"instant"`
	Range        bool       `json:"range"`
}

// FieldConfig is how values look.
type FieldConfig struct {
	Defaults  FieldDefaults `json:"defaults"`
	Overrides []Override    `json:"overrides"`
}

// FieldDefaults is how the values of a panel look.
type FieldDefaults struct {
	Unit       string      `json:"unit"`
	Decimals   *int        `json:"decimals,omitempty"`
	Min        *float64    `json:"min,omitempty"`
	Max        *float64    `json:"max,omitempty"`
	NoValue    string      `json:"noValue,omitempty"`
	Color      *FieldColor `json:"color,omitempty"`
	Mappings   []Mapping   `json:"mappings,omitempty"`
	Thresholds *Thresholds `json:"thresholds,omitempty"`
	Custom     any         `json:"custom,omitempty"`
}

// FieldColor is how a value gets its colour.
type FieldColor struct {
	Mode       string `json:"mode"`
	FixedColor string `json:"fixedColor,omitempty"`
}

// Mapping gives values a text and a colour.
type Mapping struct {
	Type    string                   `json:"type"`
	Options map[string]MappingResult `json:"options"`
}

// MappingResult is the text and colour of a value.
type MappingResult struct {
	Color string `json:"color"`
	Index int    `json:"index"`
	Text  string `json:"text"`
}

// Thresholds are colours by size.
type Thresholds struct {
	Mode  string      `json:"mode"`
	Steps []Threshold `json:"steps"`
}

// Threshold is the colour from a value on; the first has none.
type Threshold struct {
	Color string   `json:"color"`
	Value *float64 `json:"value"`
}

// Override changes how one series looks.
type Override struct {
	Matcher    Matcher    `json:"matcher"`
	Properties []Property `json:"properties"`
}

// Matcher says which series an override is for.
type Matcher struct {
	ID      string `json:"id"`
	Options string `json:"options"`
}

// Property is one setting of an override.
type Property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// JSON is the dashboard as a file: indented, with a line end.
func (d Dashboard) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode dashboard %s: %w", d.UID, err)
	}
	return append(data, '\n'), nil
}

// panelTypes are the panels that are part of Grafana itself and that showdown knows
// how to configure.
func panelTypes() []string {
	return []string{"stat", "timeseries", "heatmap", "state-timeline", "bargauge", "table", "xychart", textPanel}
}

// textPanel is the type of a panel that shows a text and asks nothing.
const textPanel = "text"

// Validate is every fault of the dashboard that Grafana would accept in silence and
// show as an empty or overlapping panel; nil when there is none.
func (d Dashboard) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("dashboard "+d.UID+": "+format, args...))
	}
	if d.ID != nil {
		bad("id is %d; it must be null", *d.ID)
	}
	if len(d.UID) == 0 || len(d.UID) > maxUID {
		bad("uid has %d characters; 1 to %d are allowed", len(d.UID), maxUID)
	}
	if d.SchemaVersion != SchemaVersion {
		bad("schemaVersion is %d, not %d", d.SchemaVersion, SchemaVersion)
	}
	if len(d.Annotations.List) == 0 {
		bad("no annotations")
	}
	ids := map[int]string{}
	for i, p := range d.Panels {
		if other, ok := ids[p.ID]; ok || p.ID <= 0 {
			bad("panel %q: id %d is not its own (%q has it)", p.Title, p.ID, other)
		}
		ids[p.ID] = p.Title
		if !slices.Contains(panelTypes(), p.Type) {
			bad("panel %q: type %q is not one of %v", p.Title, p.Type, panelTypes())
		}
		if p.Title == "" || p.Description == "" || p.Datasource.UID == "" || p.FieldConfig.Defaults.Unit == "" && p.Type != textPanel {
			bad("panel %d %q: title, description, data source and unit are all needed", p.ID, p.Title)
		}
		g := p.GridPos
		if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
			bad("panel %q: %+v lies outside the grid of 24 columns", p.Title, g)
		}
		for _, q := range d.Panels[:i] {
			if g.overlaps(q.GridPos) {
				bad("panel %q overlaps %q", p.Title, q.Title)
			}
		}
		if (len(p.Targets) == 0) != (p.Type == textPanel) {
			bad("panel %q: no query", p.Title)
		}
		refs := map[string]bool{}
		for _, t := range p.Targets {
			if t.Expr == "" || t.RefID == "" || refs[t.RefID] || t.Datasource != p.Datasource {
				bad("panel %q: query %q needs an expression, a refId of its own and the panel's data source", p.Title, t.RefID)
			}
			refs[t.RefID] = true
		}
	}
	data, err := d.JSON()
	if err != nil {
		errs = append(errs, err)
	}
	if strings.Contains(string(data), "${DS_") {
		bad("${DS_...} is resolved by the import dialogue only")
	}
	return errors.Join(errs...)
}

func (g GridPos) overlaps(o GridPos) bool {
	return g.X < o.X+o.W && o.X < g.X+g.W && g.Y < o.Y+o.H && o.Y < g.Y+g.H
}
