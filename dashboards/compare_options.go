package dashboards

// Options of the panels that compare: bars, tables, points and texts.

type textOptions struct {
	Mode    string `json:"mode"`
	Content string `json:"content"`
}

type barOptions struct {
	DisplayMode   string        `json:"displayMode"`
	Legend        legendOptions `json:"legend"`
	MaxVizHeight  int           `json:"maxVizHeight"`
	MinVizHeight  int           `json:"minVizHeight"`
	MinVizWidth   int           `json:"minVizWidth"`
	NamePlacement string        `json:"namePlacement"`
	Orientation   string        `json:"orientation"`
	ReduceOptions reduceOptions `json:"reduceOptions"`
	ShowUnfilled  bool          `json:"showUnfilled"`
	Sizing        string        `json:"sizing"`
	ValueMode     string        `json:"valueMode"`
}

type tableOptions struct {
	CellHeight string `json:"cellHeight"`
	FrameIndex int    `json:"frameIndex"`
	ShowHeader bool   `json:"showHeader"`
}

type tableLook struct {
	Align       string   `json:"align"`
	CellOptions cellLook `json:"cellOptions"`
	Inspect     bool     `json:"inspect"`
}

type cellLook struct {
	Type string `json:"type"`
}

// organizeOptions names and orders the columns of a table.
type organizeOptions struct {
	ExcludeByName map[string]bool   `json:"excludeByName"`
	IncludeByName map[string]bool   `json:"includeByName"`
	IndexByName   map[string]int    `json:"indexByName"`
	RenameByName  map[string]string `json:"renameByName"`
}

type xyOptions struct {
	Mapping string         `json:"mapping"`
	Series  []xySeries     `json:"series"`
	Legend  legendOptions  `json:"legend"`
	Tooltip tooltipOptions `json:"tooltip"`
}

type xySeries struct {
	Frame frameMatcher `json:"frame"`
	Name  fixedName    `json:"name"`
	X     fieldMatcher `json:"x"`
	Y     fieldMatcher `json:"y"`
}

type fieldMatcher struct {
	Matcher Matcher `json:"matcher"`
}

type frameMatcher struct {
	Matcher indexMatcher `json:"matcher"`
}

type indexMatcher struct {
	ID      string `json:"id"`
	Options int    `json:"options"`
}

type fixedName struct {
	Fixed string `json:"fixed"`
}

type pointLook struct {
	Show      string    `json:"show"`
	PointSize pointSize `json:"pointSize"`
}

type pointSize struct {
	Fixed int `json:"fixed"`
}
