package analysis

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"showdown"
	"showdown/results"
)

// Analyse makes the summary of the run in folder dir from the record alone. It
// neither reads nor writes summary.json. A record whose end is missing is analysed
// as far as it goes, and the summary says that it is incomplete.
func Analyse(dir string) (*results.Summary, error) { return AnalyseGates(dir, nil) }

// inputOf is the record of the run in folder dir.
func inputOf(dir string) (input, error) {
	fail := func(err error) (input, error) { return input{}, fmt.Errorf("analyse: %w", err) }
	manifest, err := results.ReadManifest(dir)
	if err != nil {
		return fail(err)
	}
	in := input{manifest: manifest, complete: true}
	events, complete, err := results.ReadEvents(filepath.Join(dir, results.EventsFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fail(err)
	}
	in.events, in.complete = events, complete && err == nil
	files, err := results.HitFiles(dir)
	if err != nil {
		return fail(err)
	}
	for name := range files {
		in.recorded = append(in.recorded, name)
	}
	slices.Sort(in.recorded)
	in.hits = func(cell string, add func([]showdown.Hit)) (bool, error) {
		path, ok := files[cell]
		if !ok {
			return false, nil
		}
		return readHits(path, add)
	}
	return in, nil
}

// readHits hands all hits of a file to add and says whether the file is whole.
func readHits(path string, add func([]showdown.Hit)) (complete bool, err error) {
	r, err := results.OpenHits(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = r.EachInOrder(func(hits []showdown.Hit) error {
		add(hits)
		return nil
	})
	var damaged *results.CorruptError
	if errors.As(err, &damaged) {
		return false, nil
	}
	return r.Complete(), err
}

// input is a run's record as analyse reads it.
type input struct {
	manifest *results.Manifest
	events   []showdown.Event
	complete bool
	// gates are asked beside those of the stage.
	gates []showdown.Gate
	// recorded are the cells that have hits.
	recorded []string
	// hits hands all hits of a cell to add, in order, and says whether they are all.
	hits func(cell string, add func([]showdown.Hit)) (complete bool, err error)
}

// maxPasses bounds how often the requests are read. One pass does unless a claim's
// window depends on what requests showed; each further level needs one more.
const maxPasses = 4

func analyse(in input) (*results.Summary, error) {
	clock, err := in.clock()
	if err != nil {
		return nil, err
	}
	stage := in.stage()
	claims := compileClaims(stage)
	gates, asked := gatesOf(stage, in.gates)
	expected := slices.Concat(claims, asked)
	rec, err := answered([]source{{input: in, plans: plansOf(in, stage, clock, func(cell string) string { return cell })}}, in.manifest.Cost, nil, expected)
	if err != nil {
		return nil, err
	}
	return summarise(in, stage, rec, expected[:len(claims)], gates, expected[len(claims):]), nil
}

// clock is the clock of the run.
func (in input) clock() (showdown.Clock, error) {
	speed := in.manifest.Speed
	if speed == 0 {
		speed = 1
	}
	return showdown.NewClock(speed)
}

// stage is the stage as it was played.
func (in input) stage() *showdown.Stage {
	if in.manifest.Spec != nil {
		return in.manifest.Spec
	}
	return &showdown.Stage{Journey: in.manifest.Journey, Name: in.manifest.Stage}
}

// source is a record with the plans of its cells, by the names that claims use.
type source struct {
	input
	plans map[string]*plan
}

// answered reads the requests of all sources as often as the claims need, and answers
// the claims.
func answered(sources []source, costs map[string]results.Cost, cards map[string]results.Scorecard, claims []compiledClaim) (*record, error) {
	rec := &record{cells: map[string]*cellRecord{}, costs: costs, scorecards: cards}
	plans := map[string]*plan{}
	for _, src := range sources {
		for name, p := range src.plans {
			plans[name] = p
			rec.cells[name] = &cellRecord{pass: &pass{plan: *p}}
		}
	}
	var wanted []Window
	for _, c := range claims {
		e := rec.evaluation(c.cell)
		if c.program != nil {
			e.collect(c.program)
		}
		wanted = append(wanted, e.missing...)
	}
	for range maxPasses {
		for _, w := range wanted {
			if p := plans[w.Cell]; p != nil {
				p.windows = append(p.windows, w)
			}
		}
		for _, src := range sources {
			for _, name := range sortedKeys(src.plans) {
				c, err := readCell(src.input, src.plans[name])
				if err != nil {
					return nil, err
				}
				rec.cells[name] = c
			}
		}
		wanted = nil
		for i := range claims {
			wanted = append(wanted, claims[i].evaluate(rec)...)
		}
		if len(wanted) == 0 {
			break
		}
	}
	return rec, nil
}

func readCell(in input, p *plan) (*cellRecord, error) {
	q := newPass(*p)
	complete, err := in.hits(p.cell.Name, q.add)
	if err != nil {
		return nil, fmt.Errorf("cell %s: %w", p.name, err)
	}
	c := q.finish()
	c.complete, c.done = complete, true
	return c, nil
}

// plansOf is the plan of each cell that was to be played or has a record, by the name
// that claims use for it.
func plansOf(in input, stage *showdown.Stage, clock showdown.Clock, called func(cell string) string) map[string]*plan {
	out := map[string]*plan{}
	for _, c := range stage.Cells {
		out[called(c.Name)] = &plan{cell: c}
	}
	for _, name := range in.recorded {
		if out[called(name)] == nil {
			out[called(name)] = &plan{cell: showdown.Cell{Name: name}}
		}
	}
	for name, p := range out {
		p.name, p.clock, p.slo = name, clock, stage.SLO
		p.planned = p.cell.Traffic.Length(clock)
		for _, e := range in.events {
			if e.Cell == p.cell.Name || e.Cell == "" {
				p.events = append(p.events, e)
			}
		}
		p.timeout = timeoutOf(p.cell, p.events, clock)
		p.faults = faultsOf(p.cell, p.events, clock)
		p.windows = append(p.windows, whole(name))
		for _, s := range phasesOf(p.cell, p.events, clock) {
			p.windows = append(p.windows, s.window(name))
		}
		if w, ok := referenceWindow(p.cell, clock, name); ok {
			p.windows = append(p.windows, w)
		}
	}
	return out
}

// timeoutOf is a cell's client timeout in lab time: what the generator said that it
// used, or what the stage says.
func timeoutOf(cell showdown.Cell, events []showdown.Event, clock showdown.Clock) time.Duration {
	for _, e := range events {
		if ms, ok := e.Data["timeout_ms"].(float64); ok && e.Kind == showdown.TrafficStarted && ms > 0 {
			return time.Duration(ms * float64(time.Millisecond))
		}
	}
	if cell.Traffic.Timeout <= 0 {
		return 0
	}
	d, _ := clock.Timeout(cell.Traffic.Timeout, showdown.FloorClient)
	return d
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
