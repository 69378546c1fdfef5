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
	does     string
	// live says where it can be used: in claims, in conditions of a running
	// experiment, or both.
	claims, live bool
}

// functions is the table of all functions of the language, by name.
func functions() map[string]function {
	w := []argument{windowArg}
	table := map[string]function{
		"outage":       {usage: `outage("A")`, args: []argument{letterArg}, unit: awsSeconds, does: "longest outage that the fault caused"},
		"outages":      {usage: `outages("A")`, args: []argument{letterArg}, optional: 1, unit: count, does: "number of outages that the fault caused, or of all"},
		"detected":     {usage: `detected("A")`, args: []argument{letterArg}, unit: awsSeconds, does: "time from the fault's start until the system itself noticed"},
		"recovered":    {usage: `recovered("A")`, args: []argument{letterArg}, unit: awsSeconds, does: "time from the fault's start until service was good again and stayed so"},
		"confirmed":    {usage: `confirmed("A")`, args: []argument{letterArg}, unit: truth, does: "whether an independent probe saw the fault"},
		"undone":       {usage: `undone("A")`, args: []argument{letterArg}, unit: truth, does: "whether the probe saw that the fault was gone"},
		"fact":         {usage: `fact("A", "code")`, args: []argument{letterArg, keyArg}, unit: anything, does: "a fact that the probe stated about the fault"},
		"during":       {usage: `during("A", 10s)`, args: []argument{letterArg, durationArg}, optional: 1, unit: window, does: "while the fault lasts, and some time longer on both sides"},
		"after":        {usage: `after("A", 30s)`, args: []argument{letterArg, durationArg}, unit: window, does: "the time that follows the fault"},
		"before":       {usage: `before("A", 30s)`, args: []argument{letterArg, durationArg}, unit: window, does: "the time ahead of the fault"},
		"phase":        {usage: `phase("calm")`, args: []argument{phaseArg}, unit: window, does: "a phase of the traffic, or a step of a ladder"},
		"reference":    {usage: `reference()`, args: []argument{cellArg}, optional: 1, unit: window, does: "the reference window"},
		"whole":        {usage: `whole()`, args: []argument{cellArg}, optional: 1, unit: window, does: "all of the traffic"},
		"cohort":       {usage: `cohort("told", during("A"))`, args: []argument{cohortArg, windowArg}, optional: 1, unit: window, does: "the requests of one cohort, in a window or all"},
		"last":         {usage: `last(30s)`, args: []argument{durationArg}, unit: window, live: true, does: "the time up to now"},
		"longest":      {usage: `longest(phase("calm"))`, args: w, unit: awsSeconds, does: "longest outage that touches the window"},
		"degraded":     {usage: `degraded(whole())`, args: w, unit: awsSeconds, does: "time below the service level objective"},
		"lost":         {usage: `lost(whole())`, args: w, unit: awsSeconds, live: true, does: "failed share integrated over time"},
		"waited":       {usage: `waited(whole())`, args: w, unit: awsSeconds, does: "time that requests waited in vain until their timeouts, added up"},
		"requests":     {usage: `requests(whole())`, args: w, unit: count, live: true, does: "scheduled requests"},
		"failed":       {usage: `failed(whole())`, args: w, unit: count, live: true, does: "requests without a good answer, those never sent included"},
		"count":        {usage: `count(whole(), "refused")`, args: []argument{windowArg, outcomeArg}, unit: count, live: true, does: "requests with that outcome"},
		"availability": {usage: `availability(whole())`, args: w, unit: share, live: true, does: "share of the scheduled requests that were answered well"},
		"share":        {usage: `share(whole(), "web-1")`, args: []argument{windowArg, backendArg}, unit: share, live: true, does: "share of the good answers that the instance gave"},
		"goodput":      {usage: `goodput(whole())`, args: w, unit: rate, live: true, does: "good answers per lab second"},
		"offered":      {usage: `offered(whole())`, args: w, unit: rate, live: true, does: "scheduled requests per lab second"},
		"p50":          {usage: `p50(whole())`, args: w, unit: realSeconds, live: true, does: "median service latency of good answers"},
		"p95":          {usage: `p95(whole())`, args: w, unit: realSeconds, live: true, does: "95th percentile of the service latency of good answers"},
		"p99":          {usage: `p99(whole())`, args: w, unit: realSeconds, live: true, does: "99th percentile of the service latency of good answers"},
		"knee":         {usage: `knee("ladder")`, args: []argument{ladderArg}, unit: rate, does: "highest offered rate of a ladder that was served well"},
		"peak":         {usage: `peak("ladder")`, args: []argument{ladderArg}, unit: rate, does: "highest goodput of a ladder's steps"},
		"cost":         {usage: `cost("base")`, args: []argument{cellArg}, optional: 1, unit: dollars, does: "what the cell costs in a month"},
		"events":       {usage: `events("instance.state", "web-1")`, args: []argument{kindArg, targetArg}, optional: 1, unit: count, does: "number of events of a kind, about a target or all"},
		"between":      {usage: `x between 30s and 3m`, args: []argument{numberArg, numberArg, numberArg}, unit: truth, live: true},
		"abs":          {usage: `abs(x)`, args: []argument{numberArg}, live: true, does: "the value without its sign"},
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
	Outage       func(letter string) (float64, error)                 `expr:"outage"`
	Outages      func(letter ...string) (float64, error)              `expr:"outages"`
	Detected     func(letter string) (float64, error)                 `expr:"detected"`
	Recovered    func(letter string) (float64, error)                 `expr:"recovered"`
	Confirmed    func(letter string) (bool, error)                    `expr:"confirmed"`
	Undone       func(letter string) (bool, error)                    `expr:"undone"`
	Fact         func(letter, key string) (any, error)                `expr:"fact"`
	During       func(letter string, pad ...float64) (Window, error)  `expr:"during"`
	After        func(letter string, d float64) (Window, error)       `expr:"after"`
	Before       func(letter string, d float64) (Window, error)       `expr:"before"`
	Phase        func(name string) (Window, error)                    `expr:"phase"`
	Reference    func(cell ...string) (Window, error)                 `expr:"reference"`
	Whole        func(cell ...string) (Window, error)                 `expr:"whole"`
	Cohort       func(name string, in ...Window) (Window, error)      `expr:"cohort"`
	Last         func(d float64) (Window, error)                      `expr:"last"`
	Longest      func(w Window) (float64, error)                      `expr:"longest"`
	Degraded     func(w Window) (float64, error)                      `expr:"degraded"`
	Lost         func(w Window) (float64, error)                      `expr:"lost"`
	Waited       func(w Window) (float64, error)                      `expr:"waited"`
	Requests     func(w Window) (float64, error)                      `expr:"requests"`
	Failed       func(w Window) (float64, error)                      `expr:"failed"`
	Count        func(w Window, outcome string) (float64, error)      `expr:"count"`
	Availability func(w Window) (float64, error)                      `expr:"availability"`
	Share        func(w Window, backend string) (float64, error)      `expr:"share"`
	Goodput      func(w Window) (float64, error)                      `expr:"goodput"`
	Offered      func(w Window) (float64, error)                      `expr:"offered"`
	P50          func(w Window) (float64, error)                      `expr:"p50"`
	P95          func(w Window) (float64, error)                      `expr:"p95"`
	P99          func(w Window) (float64, error)                      `expr:"p99"`
	Knee         func(ladder string) (float64, error)                 `expr:"knee"`
	Peak         func(ladder string) (float64, error)                 `expr:"peak"`
	Cost         func(cell ...string) (float64, error)                `expr:"cost"`
	Events       func(kind string, target ...string) (float64, error) `expr:"events"`
	Between      func(x, low, high float64) bool                      `expr:"between"`
	Abs          func(x float64) float64                              `expr:"abs"`
}
