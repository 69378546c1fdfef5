package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"showdown"
	"showdown/results"
)

// Differences says in sentences what differs between an earlier run of a stage and one of
// now beside what they show, and what makes one of them worth less. Their seeds differ,
// and one is over before the other begins, always.
func Differences(sides []Side) []string {
	w := &warner{sides: sides}
	w.setup(Whole)
	return w.out
}

// differences says in sentences what differs between the sides beside what is compared,
// and what makes one of them worth less.
func differences(sides []Side, scope Scope) []string {
	w := &warner{sides: sides}
	w.setup(scope)
	w.seeds()
	w.order()
	return w.out
}

func (w *warner) setup(scope Scope) {
	if scope == Unmatched {
		w.add("the stages are not the same and have no reference window: these numbers compare them only if both were played alike")
	}
	w.differ("speed", func(r Run) string { return digits(r.Summary.Speed) })
	w.differ("version of showdown", machine(func(m results.Machine) string { return m.Tool }))
	w.differ("version of Go", machine(func(m results.Machine) string { return m.Go }))
	w.differ("machine", machine(func(m results.Machine) string { return m.Host }))
	w.differ("processors", machine(func(m results.Machine) string { return fmt.Sprint(m.CPUs) }))
	w.differ("system", machine(func(m results.Machine) string {
		return strings.TrimSpace(m.OS + "/" + m.Arch + " " + m.Kernel)
	}))
	if scope == Shared {
		w.reference()
		w.faults()
	} else {
		w.spec()
	}
	for i := range w.sides {
		w.health(&w.sides[i])
	}
}

// warner collects sentences.
type warner struct {
	sides []Side
	out   []string
}

func (w *warner) add(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.out, text) {
		w.out = append(w.out, text)
	}
}

func machine(of func(results.Machine) string) func(Run) string {
	return func(r Run) string {
		if r.Manifest == nil {
			return ""
		}
		return of(r.Manifest.Machine)
	}
}

// differ says it when the sides are not alike in what of returns; an empty text is not
// known.
func (w *warner) differ(what string, of func(Run) string) {
	var values []string
	where := map[string][]string{}
	for i := range w.sides {
		for _, r := range w.sides[i].Runs {
			v := of(r)
			if v == "" {
				return
			}
			if !slices.Contains(values, v) {
				values = append(values, v)
			}
			if name := w.sides[i].Name; !slices.Contains(where[v], name) {
				where[v] = append(where[v], name)
			}
		}
	}
	if len(values) < 2 {
		return
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = v + " in " + list(where[v])
	}
	w.add("not the same %s: %s", what, strings.Join(parts, ", "))
}

// reference compares how the reference windows were planned.
func (w *warner) reference() {
	base := func(of func(*showdown.Cell) string) func(Run) string {
		return func(r Run) string {
			if r.Manifest == nil || r.Manifest.Spec == nil {
				return ""
			}
			c, ok := r.Manifest.Spec.Cell(showdown.BaseCell)
			if !ok || c.Reference == nil {
				return ""
			}
			return of(c)
		}
	}
	w.differ("length of the reference window", func(r Run) string {
		return AWSSeconds.Format(math.Round(r.Summary.Reference.ToS - r.Summary.Reference.FromS))
	})
	w.differ("event of the reference window", base(func(c *showdown.Cell) string {
		for _, s := range c.Timeline {
			if s.Letter == c.Reference.Fault {
				return s.Do
			}
		}
		return ""
	}))
	w.differ("rate in the reference window", func(r Run) string { return Rate.Format(math.Round(rateAt(r.Summary))) })
	w.differ("number of clients", base(func(c *showdown.Cell) string { return fmt.Sprint(c.Traffic.Clients) }))
	w.differ("profile of the clients", base(func(c *showdown.Cell) string { return string(c.Traffic.Profile) }))
	w.differ("timeout of the clients", base(func(c *showdown.Cell) string { return c.Traffic.Timeout.String() }))
}

// rateAt is the offered rate at the start of the reference window.
func rateAt(s *results.Summary) float64 {
	for _, p := range s.Phases {
		if s.Reference.FromS >= p.FromS && s.Reference.FromS < p.ToS {
			return p.Offered
		}
	}
	return math.NaN()
}

// faults compares how long the shared faults lasted.
func (w *warner) faults() {
	for _, action := range sharedActions(w.sides) {
		least, most := math.Inf(1), 0.0
		for i := range w.sides {
			for _, r := range w.sides[i].Runs {
				if f := worst(r.Summary, action); f.EndS != nil {
					least, most = min(least, *f.EndS-*f.StartS), max(most, *f.EndS-*f.StartS)
				}
			}
		}
		// What it takes to undo a fault depends on the architecture; a tenth is not said.
		if most > least*1.1+5 {
			w.add("%s did not last as long everywhere: %s to %s", action, AWSSeconds.Format(least), AWSSeconds.Format(most))
		}
	}
}

// mostPaths is how many differences of two stage files are named.
const mostPaths = 6

// spec compares the stage files, as they were played, with that of the first side.
func (w *warner) spec() {
	first := w.sides[0].Runs[0]
	for i := range w.sides {
		for _, r := range w.sides[i].Runs {
			paths := specPaths(first.Manifest, r.Manifest)
			if len(paths) == 0 {
				continue
			}
			more := ""
			if n := len(paths) - mostPaths; n > 0 {
				paths, more = paths[:mostPaths], fmt.Sprintf(" and %d more", n)
			}
			text := "the stage file is not the same in " + w.sides[0].Name + " and " + w.sides[i].Name
			if i == 0 {
				text = "the stage file is not the same in all runs of " + w.sides[0].Name
			}
			w.add("%s: %s%s", text, strings.Join(paths, "; "), more)
			break
		}
	}
}

// specPaths is what differs between the stages of two manifests: "cells.base.traffic.clients
// 100, 200".
func specPaths(a, b *results.Manifest) []string {
	if a == nil || b == nil || a.Spec == nil || b.Spec == nil || a == b {
		return nil
	}
	var out []string
	diff("", plain(a.Spec), plain(b.Spec), &out)
	return out
}

// plain is a stage as JSON has it, without what is only said.
func plain(s *showdown.Stage) any {
	data, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	var out map[string]any
	if json.Unmarshal(data, &out) != nil {
		return nil
	}
	for _, said := range []string{"source", "teach", "title", "promise", "claims", "number", "journey", "stage", "version"} {
		delete(out, said)
	}
	return out
}

func diff(path string, a, b any, out *[]string) {
	if reflect.DeepEqual(a, b) {
		return
	}
	la, isA := a.([]any)
	lb, isB := b.([]any)
	if isA || isB {
		if named(la) && named(lb) {
			diff(path, byName(la), byName(lb), out)
			return
		}
		if len(la) == len(lb) {
			for i := range la {
				diff(fmt.Sprintf("%s[%d]", path, i), la[i], lb[i], out)
			}
			return
		}
	}
	ma, isA := a.(map[string]any)
	mb, isB := b.(map[string]any)
	if isA && isB {
		keys := map[string]bool{}
		for k := range ma {
			keys[k] = true
		}
		for k := range mb {
			keys[k] = true
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			diff(strings.TrimPrefix(path+"."+k, "."), ma[k], mb[k], out)
		}
		return
	}
	*out = append(*out, fmt.Sprintf("%s %s, %s", path, short(a), short(b)))
}

// nameOf is what a thing of a list is called; empty where it has no name.
func nameOf(v any) string {
	m, _ := v.(map[string]any)
	for _, key := range []string{"name", "letter"} {
		if s, ok := m[key].(string); ok && s != "" {
			return s
		}
	}
	return ""
}

func named(list []any) bool {
	seen := map[string]bool{}
	for _, v := range list {
		seen[nameOf(v)] = true
	}
	return len(seen) == len(list) && !seen[""]
}

func byName(list []any) map[string]any {
	out := map[string]any{}
	for _, v := range list {
		out[nameOf(v)] = v
	}
	return out
}

// short is a value of a stage file in a few characters.
func short(v any) string {
	if v == nil {
		return "nothing"
	}
	data, _ := json.Marshal(v)
	text := []rune(strings.Trim(string(data), `"`))
	if len(text) > 40 {
		return string(text[:39]) + "…"
	}
	return string(text)
}

// seeds says it when the sides drew other things. The runs of a side that repeat each
// other are meant to.
func (w *warner) seeds() {
	for i := range w.sides {
		if len(w.sides[i].Runs) > 1 {
			return
		}
	}
	w.differ("seed", func(r Run) string { return fmt.Sprint(r.Summary.Seed) })
}

// order says it when the sides were not played in turn: what changed on the machine in
// between looks like a difference between them.
func (w *warner) order() {
	for i := range w.sides {
		for k := range w.sides {
			if len(w.sides[i].Runs) < 2 || len(w.sides[k].Runs) < 2 || i == k {
				continue
			}
			_, end := span(&w.sides[i])
			begin, _ := span(&w.sides[k])
			if end.Before(begin) {
				w.add("every run of %s was over before the first of %s: play them in turn, with one run of both and --repeat", w.sides[i].Name, w.sides[k].Name)
			}
		}
	}
}

// span is when the first and the last run of a side started.
func span(s *Side) (first, last time.Time) {
	first, last = s.first().Started, s.first().Started
	for _, r := range s.Runs {
		if r.Summary.Started.Before(first) {
			first = r.Summary.Started
		}
		if r.Summary.Started.After(last) {
			last = r.Summary.Started
		}
	}
	return first, last
}

// health says which runs cannot be trusted as they are.
func (w *warner) health(s *Side) {
	count := func(bad func(*results.Summary) bool) int {
		n := 0
		for _, r := range s.Runs {
			if bad(r.Summary) {
				n++
			}
		}
		return n
	}
	say := func(n int, what string) {
		switch {
		case n == 0:
		case len(s.Runs) == 1:
			w.add("%s: %s", s.Name, what)
		default:
			w.add("%s: in %d of %d runs %s", s.Name, n, len(s.Runs), what)
		}
	}
	say(count(func(r *results.Summary) bool { return !r.Complete }), "the end of the record is missing")
	say(count(func(r *results.Summary) bool { return r.Generator.Saturated }), "the generator could not send what was asked")
	say(count(func(r *results.Summary) bool { return r.Generator.Disturbed }), "the machine was disturbed")
	say(count(func(r *results.Summary) bool {
		return slices.ContainsFunc(r.Faults, func(f results.Fault) bool { return f.StartS != nil && !f.Confirmed && causes(f.Action) })
	}), "a fault was not confirmed by its probe")
	say(count(func(r *results.Summary) bool { return r.Requests.Scheduled == 0 }), "no request was recorded")
}
