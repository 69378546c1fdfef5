package analysis

// argument is what a function of the language of claims expects in one place.
type argument int

const (
	numberArg argument = iota
	letterArg
	phaseArg
	ladderArg
	cellArg
	cohortArg
	outcomeArg
	backendArg
	keyArg
	kindArg
	targetArg
	durationArg
	windowArg
	// sourceArg is where a connection comes from, and reachedArg the instance that it
	// goes to, in the cell of the source.
	sourceArg
	reachedArg
	// statusArg is an HTTP status, written as a number.
	statusArg
	// groupArg is an Auto Scaling group, and activityArg what it does: one of
	// [activityKinds].
	groupArg
	activityArg
	// termArg is the term of a reservation, of [termNames].
	termArg
	// stageArg is a stage of the journey, for claims that compare stages, and pillarArg
	// a pillar, of [results.Pillars].
	stageArg
	pillarArg
	// endpointArg is a request of a scenario, by its name.
	endpointArg
)

// function is the data of a function of the language. How it is computed is in
// [env].
type function struct {
	// usage is a call as a person would write it.
	usage string
	// args are the arguments; the last optional ones may be left out.
	args     []argument
	optional int
	unit     unit
	// live says where it can be used: in claims, in conditions of a running
	// experiment, or both.
	claims, live bool
}

// functions is the table of all functions of the language, by name.
func functions() map[string]function {
	w := []argument{windowArg}
	table := map[string]function{
		"outage":       {usage: `outage("A")`, args: []argument{letterArg}, unit: awsSeconds},
		"outages":      {usage: `outages("A")`, args: []argument{letterArg}, optional: 1, unit: count},
		"detected":     {usage: `detected("A")`, args: []argument{letterArg}, unit: awsSeconds},
		"recovered":    {usage: `recovered("A")`, args: []argument{letterArg}, unit: awsSeconds},
		"confirmed":    {usage: `confirmed("A")`, args: []argument{letterArg}, unit: truth},
		"undone":       {usage: `undone("A")`, args: []argument{letterArg}, unit: truth},
		"fact":         {usage: `fact("A", "code")`, args: []argument{letterArg, keyArg}, unit: anything},
		"during":       {usage: `during("A", 10s)`, args: []argument{letterArg, durationArg}, optional: 1, unit: window},
		"after":        {usage: `after("A", 30s)`, args: []argument{letterArg, durationArg}, unit: window},
		"before":       {usage: `before("A", 30s)`, args: []argument{letterArg, durationArg}, unit: window},
		"phase":        {usage: `phase("calm")`, args: []argument{phaseArg}, unit: window},
		"reference":    {usage: `reference()`, args: []argument{cellArg}, optional: 1, unit: window},
		"whole":        {usage: `whole()`, args: []argument{cellArg}, optional: 1, unit: window},
		"cohort":       {usage: `cohort("told", during("A"))`, args: []argument{cohortArg, windowArg}, optional: 1, unit: window},
		"since":        {usage: `since("A", 70s, 3m)`, args: []argument{letterArg, durationArg, durationArg}, unit: window},
		"last":         {usage: `last(30s)`, args: []argument{durationArg}, unit: window, live: true},
		"longest":      {usage: `longest(phase("calm"))`, args: w, unit: awsSeconds},
		"degraded":     {usage: `degraded(whole())`, args: w, unit: awsSeconds},
		"lost":         {usage: `lost(whole())`, args: w, unit: awsSeconds, live: true},
		"waited":       {usage: `waited(whole())`, args: w, unit: awsSeconds},
		"requests":     {usage: `requests(whole())`, args: w, unit: count, live: true},
		"failed":       {usage: `failed(whole())`, args: w, unit: count, live: true},
		"count":        {usage: `count(whole(), "refused")`, args: []argument{windowArg, outcomeArg}, unit: count, live: true},
		"availability": {usage: `availability(whole())`, args: w, unit: share, live: true},
		"share":        {usage: `share(whole(), "web-1")`, args: []argument{windowArg, backendArg}, unit: share, live: true},
		"goodput":      {usage: `goodput(whole())`, args: w, unit: rate, live: true},
		"offered":      {usage: `offered(whole())`, args: w, unit: rate, live: true},
		"p50":          {usage: `p50(whole())`, args: w, unit: realSeconds, live: true},
		"p95":          {usage: `p95(whole())`, args: w, unit: realSeconds, live: true},
		"p99":          {usage: `p99(whole())`, args: w, unit: realSeconds, live: true},
		"knee":         {usage: `knee("ladder")`, args: []argument{ladderArg}, unit: rate},
		"peak":         {usage: `peak("ladder")`, args: []argument{ladderArg}, unit: rate},
		"cost":         {usage: `cost("base")`, args: []argument{cellArg}, optional: 1, unit: dollars},
		"public":       {usage: `public("base")`, args: []argument{cellArg}, optional: 1, unit: count},
		"events":       {usage: `events("instance.state", "web-1")`, args: []argument{kindArg, targetArg}, optional: 1, unit: count},
		"reach":        {usage: `reach("internet", "web-1")`, args: []argument{sourceArg, reachedArg}, unit: text},
		"reachable":    {usage: `reachable("internet", "web-1")`, args: []argument{sourceArg, reachedArg}, unit: truth},
		"status":       {usage: `status(whole(), 502)`, args: []argument{windowArg, statusArg}, unit: count},

		"believed":         {usage: `believed("A")`, args: []argument{letterArg}, unit: awsSeconds},
		"mttr":             {usage: `mttr("A")`, args: []argument{letterArg}, unit: awsSeconds},
		"restored":         {usage: `restored("A")`, args: []argument{letterArg}, unit: awsSeconds},
		"running":          {usage: `running(whole())`, args: w},
		"capacity":         {usage: `capacity(whole())`, args: w},
		"least_capacity":   {usage: `least_capacity(whole())`, args: w, unit: count},
		"most_capacity":    {usage: `most_capacity(whole())`, args: w, unit: count},
		"desired":          {usage: `desired(whole())`, args: w, unit: count},
		"zone_gap":         {usage: `zone_gap(whole())`, args: w, unit: count},
		"activities":       {usage: `activities("web", "Launch")`, args: []argument{groupArg, activityArg, windowArg}, optional: 1, unit: count},
		"saving":           {usage: `saving(2, "1y")`, args: []argument{numberArg, termArg, cellArg}, optional: 1, unit: dollars},
		"reserved_cost":    {usage: `reserved_cost(2, "1y")`, args: []argument{numberArg, termArg, cellArg}, optional: 1, unit: dollars},
		"optimum":          {usage: `optimum("1y")`, args: []argument{termArg, cellArg}, optional: 1, unit: count},
		"break_even":       {usage: `break_even("1y")`, args: []argument{termArg, cellArg}, optional: 1, unit: share},
		"slot_use":         {usage: `slot_use(2)`, args: []argument{numberArg, cellArg}, optional: 1, unit: share},
		"score":            {usage: `score("dns", "reliability")`, args: []argument{stageArg, pillarArg}},
		"improves":         {usage: `improves("dns")`, args: []argument{stageArg}, unit: count},
		"operator_actions": {usage: `operator_actions("base")`, args: []argument{cellArg}, optional: 1, unit: count},

		"endpoint": {usage: `endpoint("checkout", during("A"))`, args: []argument{endpointArg, windowArg}, optional: 1, unit: window},

		"between": {usage: `x between 30s and 3m`, args: []argument{numberArg, numberArg, numberArg}, unit: truth, live: true},
		"abs":     {usage: `abs(x)`, args: []argument{numberArg}, live: true},
	}
	for name, f := range table {
		f.claims = name != "last"
		table[name] = f
	}
	return table
}

// env is what the expression library sees: one field for each function. Each returns
// an error where the record does not have the answer.
type env struct {
	Outage       func(letter string) (float64, error)                  `expr:"outage"`
	Outages      func(letter ...string) (float64, error)               `expr:"outages"`
	Detected     func(letter string) (float64, error)                  `expr:"detected"`
	Recovered    func(letter string) (float64, error)                  `expr:"recovered"`
	Confirmed    func(letter string) (bool, error)                     `expr:"confirmed"`
	Undone       func(letter string) (bool, error)                     `expr:"undone"`
	Fact         func(letter, key string) (any, error)                 `expr:"fact"`
	During       func(letter string, pad ...float64) (Window, error)   `expr:"during"`
	After        func(letter string, d float64) (Window, error)        `expr:"after"`
	Before       func(letter string, d float64) (Window, error)        `expr:"before"`
	Since        func(letter string, from, to float64) (Window, error) `expr:"since"`
	Phase        func(name string) (Window, error)                     `expr:"phase"`
	Reference    func(cell ...string) (Window, error)                  `expr:"reference"`
	Whole        func(cell ...string) (Window, error)                  `expr:"whole"`
	Cohort       func(name string, in ...Window) (Window, error)       `expr:"cohort"`
	Last         func(d float64) (Window, error)                       `expr:"last"`
	Longest      func(w Window) (float64, error)                       `expr:"longest"`
	Degraded     func(w Window) (float64, error)                       `expr:"degraded"`
	Lost         func(w Window) (float64, error)                       `expr:"lost"`
	Waited       func(w Window) (float64, error)                       `expr:"waited"`
	Requests     func(w Window) (float64, error)                       `expr:"requests"`
	Failed       func(w Window) (float64, error)                       `expr:"failed"`
	Count        func(w Window, outcome string) (float64, error)       `expr:"count"`
	Availability func(w Window) (float64, error)                       `expr:"availability"`
	Share        func(w Window, backend string) (float64, error)       `expr:"share"`
	Goodput      func(w Window) (float64, error)                       `expr:"goodput"`
	Offered      func(w Window) (float64, error)                       `expr:"offered"`
	P50          func(w Window) (float64, error)                       `expr:"p50"`
	P95          func(w Window) (float64, error)                       `expr:"p95"`
	P99          func(w Window) (float64, error)                       `expr:"p99"`
	Knee         func(ladder string) (float64, error)                  `expr:"knee"`
	Peak         func(ladder string) (float64, error)                  `expr:"peak"`
	Cost         func(cell ...string) (float64, error)                 `expr:"cost"`
	Public       func(cell ...string) (float64, error)                 `expr:"public"`
	Events       func(kind string, target ...string) (float64, error)  `expr:"events"`
	Reach        func(from, to string) (string, error)                 `expr:"reach"`
	Reachable    func(from, to string) (bool, error)                   `expr:"reachable"`
	Status       func(w Window, status float64) (float64, error)       `expr:"status"`

	Believed        func(letter string) (float64, error)                    `expr:"believed"`
	MTTR            func(letter string) (float64, error)                    `expr:"mttr"`
	Restored        func(letter string) (float64, error)                    `expr:"restored"`
	Running         func(w Window) (float64, error)                         `expr:"running"`
	Capacity        func(w Window) (float64, error)                         `expr:"capacity"`
	LeastCapacity   func(w Window) (float64, error)                         `expr:"least_capacity"`
	MostCapacity    func(w Window) (float64, error)                         `expr:"most_capacity"`
	Desired         func(w Window) (float64, error)                         `expr:"desired"`
	ZoneGap         func(w Window) (float64, error)                         `expr:"zone_gap"`
	Activities      func(group, kind string, in ...Window) (float64, error) `expr:"activities"`
	OperatorActions func(cell ...string) (float64, error)                   `expr:"operator_actions"`

	Saving       func(n float64, term string, cell ...string) (float64, error) `expr:"saving"`
	ReservedCost func(n float64, term string, cell ...string) (float64, error) `expr:"reserved_cost"`
	Optimum      func(term string, cell ...string) (float64, error)            `expr:"optimum"`
	BreakEven    func(term string, cell ...string) (float64, error)            `expr:"break_even"`
	SlotUse      func(n float64, cell ...string) (float64, error)              `expr:"slot_use"`

	Score    func(stage, pillar string) (float64, error) `expr:"score"`
	Improves func(stage string) (float64, error)         `expr:"improves"`

	Endpoint func(name string, in ...Window) (Window, error) `expr:"endpoint"`

	Between func(x, low, high float64) bool `expr:"between"`
	Abs     func(x float64) float64         `expr:"abs"`
}
