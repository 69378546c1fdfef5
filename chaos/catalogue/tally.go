package catalogue

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"showdown"
)

// Tally is what requests of one kind of clients gave in one window.
type Tally struct {
	outcomes  map[showdown.Outcome]int
	latencies []time.Duration // of good answers
	backends  map[string]int  // who answered
}

func (t *Tally) add(h *showdown.Hit) {
	if t.outcomes == nil {
		t.outcomes, t.backends = map[showdown.Outcome]int{}, map[string]int{}
	}
	t.outcomes[h.Outcome]++
	if h.Status != 0 && h.Backend != showdown.NoBackend {
		t.backends[h.Backend]++
	}
	if h.Outcome == showdown.OK {
		t.latencies = append(t.latencies, h.Latency)
	}
}

// Requests is how many there were.
func (t *Tally) Requests() int {
	n := 0
	for _, c := range t.outcomes {
		n += c
	}
	return n
}

// Share is the part of the requests that had the outcome, 0 to 1.
func (t *Tally) Share(o showdown.Outcome) float64 {
	return float64(t.outcomes[o]) / float64(max(t.Requests(), 1))
}

// Quantile is the latency of good answers that a share q of them did not exceed; ok is
// false where there is none.
func (t *Tally) Quantile(q float64) (d time.Duration, ok bool) {
	n := len(t.latencies)
	if n == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(t.latencies))
	rank := int(q * float64(n))
	if float64(rank) < q*float64(n) {
		rank++
	}
	return sorted[min(max(rank, 1), n)-1], true
}

// outcomeText is the outcomes with counts and shares, the most frequent first.
func (t *Tally) outcomeText() string {
	if t.Requests() == 0 {
		return "nothing"
	}
	var parts []string
	for _, o := range t.ranked() {
		parts = append(parts, fmt.Sprintf("%s %d (%s)", o, t.outcomes[o], percent(t.outcomes[o], t.Requests())))
	}
	return strings.Join(parts, ", ")
}

func (t *Tally) ranked() []showdown.Outcome {
	return slices.SortedFunc(maps.Keys(t.outcomes), func(a, b showdown.Outcome) int {
		return cmp.Or(cmp.Compare(t.outcomes[b], t.outcomes[a]), cmp.Compare(a, b))
	})
}

// backendText is who answered, with shares where there were several.
func (t *Tally) backendText() string {
	names := slices.Sorted(maps.Keys(t.backends))
	switch len(names) {
	case 0:
		return "nobody"
	case 1:
		return names[0]
	}
	total := 0
	for _, n := range t.backends {
		total += n
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, name+" "+percent(t.backends[name], total))
	}
	return strings.Join(parts, ", ")
}

// percent is n of all in whole per cent, and never 0% or 100% of what is only nearly so.
func percent(n, all int) string {
	p := float64(n) * 100 / float64(max(all, 1))
	switch {
	case n > 0 && p < 1:
		return "<1%"
	case n < all && p > 99:
		return ">99%"
	}
	return fmt.Sprintf("%.0f%%", p)
}

// milliseconds is a latency for a table: it is given to a tenth below ten.
func milliseconds(d time.Duration, ok bool) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case !ok:
		return "-"
	case ms < 9.95:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// Glance is in a few words what clients see who saw t, where they saw calm before:
// the outcomes of at least a twentieth of the requests, and the median of good answers
// where it has changed by much.
func (t *Tally) Glance(calm *Tally) string {
	if t.Requests() == 0 {
		return "no request"
	}
	var parts []string
	for _, o := range t.ranked() {
		if t.Share(o) < 0.05 {
			continue
		}
		text := "`" + o.String() + "`"
		if t.Share(o) < 0.95 {
			text += " " + percent(t.outcomes[o], t.Requests())
		}
		if o == showdown.OK {
			text += t.changed(calm)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// changed says what is new about good answers.
func (t *Tally) changed(calm *Tally) string {
	var parts []string
	was, had := calm.Quantile(0.5)
	now, has := t.Quantile(0.5)
	// The noise of a busy machine is below three times and 5 ms.
	if had && has && now > 3*was && now-was > 5*time.Millisecond {
		parts = append(parts, fmt.Sprintf("median %s ms instead of %s", milliseconds(now, true), milliseconds(was, true)))
	}
	if moved(calm.backends, t.backends) {
		parts = append(parts, "from "+t.backendText())
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// moved says that the answers come from others by more than a fifth of them.
func moved(was, now map[string]int) bool {
	share := func(m map[string]int, name string) float64 {
		all := 0
		for _, n := range m {
			all += n
		}
		return float64(m[name]) / float64(max(all, 1))
	}
	if len(was) == 0 || len(now) == 0 {
		return false
	}
	for name := range now {
		if d := share(now, name) - share(was, name); d > 0.2 || d < -0.2 {
			return true
		}
	}
	return false
}
