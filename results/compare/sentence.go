package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"showdown"
	"showdown/results"
	"showdown/results/statistics"
)

// phrases are the actions as what happens to somebody.
func phrases() map[string]string {
	return map[string]string{
		"fail-az":         "A zone failure",
		"kill":            "A killed instance",
		"hang":            "A hanging instance",
		"blackhole":       "An instance that is cut off",
		"slow":            "A slow instance",
		"cpu-steal":       "A stolen CPU",
		"error-500":       "An instance that answers 500",
		"stop-instance":   "A stopped instance",
		"resize-instance": "Resizing an instance",
		"remove-instance": "A terminated instance",
		"dns-fail":        "A failure of DNS",
		"spike":           "A spike of load",
	}
}

func phrase(action string) string {
	if _, known := showdown.Actions()[action]; !known {
		return "The command " + action
	}
	if p, ok := phrases()[action]; ok {
		return p
	}
	return "The action " + action
}

// sentence says the comparison in plain words, and how far the sides are apart in the
// seconds of service that users lost.
func sentence(sides []Side, c *Comparison) (text string, lost float64) {
	for i := range sides {
		if all(sides[i], func(s *results.Summary) bool { return s.Requests.Scheduled == 0 }) {
			return "Nothing can be compared: no request was recorded in " + sides[i].Name + ".", 0
		}
	}
	text, lost = said(sides, c)
	for i := range sides {
		if !all(sides[i], func(s *results.Summary) bool { return s.Complete }) {
			return "As far as the record of " + sides[i].Name + " goes: " + lower(text), lost
		}
	}
	return text, lost
}

func said(sides []Side, c *Comparison) (text string, lost float64) {
	if action := costliest(sides); action != "" {
		return lostSentence(phrase(action), sides, func(s *results.Summary) *float64 {
			if f := worst(s, action); f != nil && f.StartS != nil {
				return &f.LostS
			}
			return nil
		})
	}
	if c.Scope == Shared {
		return lostSentence("The event that every stage plays", sides, func(s *results.Summary) *float64 {
			if s.Reference == nil {
				return nil
			}
			return &s.Reference.LostS
		})
	}
	for i := range sides {
		if statistics.MedianOf(sides[i].pick(lostOf)).Value > 0 {
			return lostSentence("What went wrong", sides, lostOf)
		}
	}
	return latencySentence(sides), 0
}

func lostOf(s *results.Summary) *float64 { return &s.Downtime.LostS }

// costliest is the action that all sides play and from which users lost most on one of
// them; empty when nobody lost anything from any.
func costliest(sides []Side) string {
	best, most := "", 0.0
	for _, action := range sharedActions(sides) {
		for i := range sides {
			v := statistics.MedianOf(sides[i].pick(func(s *results.Summary) *float64 {
				if f := worst(s, action); f != nil {
					return &f.LostS
				}
				return nil
			})).Value
			if v > most {
				best, most = action, v
			}
		}
	}
	return best
}

// eventOf is the fault that [said] speaks of.
func eventOf(sides []Side) *Event {
	action := costliest(sides)
	if action == "" {
		return nil
	}
	out := &Event{Fault: action}
	for i := range sides {
		out.Letters = append(out.Letters, worst(sides[i].first(), action).Letter)
	}
	return out
}

// lostSentence is: "A zone failure costs 900 s of service in asg and 32 s in multi-az: 28
// times less, for $33 more a month."
func lostSentence(subject string, sides []Side, of func(*results.Summary) *float64) (string, float64) {
	medians := make([]float64, len(sides))
	parts := make([]string, len(sides))
	groups := make([][]float64, len(sides))
	for i := range sides {
		groups[i] = sides[i].pick(of)
		medians[i] = statistics.MedianOf(groups[i]).Value
		said := "nothing"
		if v := medians[i]; v > 0 {
			said = AWSSeconds.Format(v)
			if i == 0 {
				said += " of service"
			}
		}
		parts[i] = said + " in " + sides[i].Name
	}
	text := subject + " costs " + list(parts)
	if len(sides) > 2 {
		least := 0
		for i := range medians {
			if medians[i] < medians[least] {
				least = i
			}
		}
		return text + ": least in " + sides[least].Name + ".", spread(medians)
	}
	if d := statistics.DifferenceOf(groups[0], groups[1]); d.Testable() && !d.Seen() {
		return fmt.Sprintf("No difference seen: %s (p = %s).", lower(text), digits(d.P)), spread(medians)
	}
	if min(medians[0], medians[1]) > 0 || medians[0] == medians[1] {
		text += ": " + times(medians[0], medians[1], "less", "more")
	}
	return text + price(sides) + ".", spread(medians)
}

// lower is a sentence in the middle of one.
func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// spread is how far values are apart.
func spread(values []float64) float64 {
	least, most := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	if math.IsNaN(most - least) {
		return 0
	}
	return most - least
}

// times says how b lies beside a.
func times(a, b float64, less, more string) string {
	word := more
	if b < a {
		word = less
	}
	large, small := max(a, b), min(a, b)
	switch {
	case a == b:
		return "no difference"
	case small <= 0:
		return word
	case large/small >= 10:
		return fmt.Sprintf("%.0f times %s", large/small, word)
	case large/small >= 2:
		return fmt.Sprintf("%s times %s", digits(math.Round(large/small*10)/10), word)
	}
	places := 0
	share := math.Abs(b-a) / a
	if share < 0.1 {
		places = 1
	}
	return trimmed(strconv.FormatFloat(share*100, 'f', places, 64)) + " % " + word
}

// percent is a share as a percentage with few digits.
func percent(share float64) string { return digits(share*100) + " %" }

// price says what the second side costs beside the first: ", for $33 more a month".
func price(sides []Side) string {
	month := func(s *results.Summary) *float64 {
		if s.Cost == nil {
			return nil
		}
		return &s.Cost.MonthUSD
	}
	a := statistics.MedianOf(sides[0].pick(month)).Value
	b := statistics.MedianOf(sides[1].pick(month)).Value
	if math.IsNaN(a) || math.IsNaN(b) {
		return ""
	}
	amount := func(v float64) string {
		if v >= 10 {
			return fmt.Sprintf("$%.0f", v)
		}
		return fmt.Sprintf("$%.2f", v)
	}
	switch d := b - a; {
	case d >= cent:
		return ", for " + amount(d) + " more a month"
	case d <= -cent:
		return ", for " + amount(-d) + " less a month"
	}
	return ", at the same price"
}

// latencySentence is for runs in which nothing went wrong.
func latencySentence(sides []Side) string {
	p99 := func(s *results.Summary) *float64 { return s.LatencyMS.Service.P99 }
	parts := make([]string, len(sides))
	groups := make([][]float64, len(sides))
	for i := range sides {
		groups[i] = sides[i].pick(p99)
		if len(groups[i]) == 0 {
			return "There is no good answer to compare in " + sides[i].Name + "."
		}
		parts[i] = Milliseconds.Format(statistics.MedianOf(groups[i]).Value) + " in " + sides[i].Name
	}
	text := "p99 is " + list(parts)
	if len(sides) > 2 {
		return text + "; every request was answered well."
	}
	if d := statistics.DifferenceOf(groups[0], groups[1]); d.Testable() && !d.Seen() {
		return fmt.Sprintf("No difference seen: %s (p = %s); every request was answered well.", text, digits(d.P))
	}
	a, b := statistics.MedianOf(groups[0]).Value, statistics.MedianOf(groups[1]).Value
	return text + ": " + times(a, b, "less", "more") + "; every request was answered well in both."
}

func list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// certainty says how far the verdicts can be trusted.
func (c *Comparison) certainty() string {
	least, most := len(c.Sides[0].Runs), 0
	for _, s := range c.Sides {
		least, most = min(least, len(s.Runs)), max(most, len(s.Runs))
	}
	switch {
	case most == 1:
		return "One run each: the differences were measured, and whether they are more than chance cannot be known from that. Runs with --repeat 5 can tell."
	case c.Tested == 0 && c.testable():
		return "Every number is the same in all runs, so nothing was tested."
	case c.Tested == 0:
		runs := "runs"
		if least == 1 {
			runs = "run"
		}
		return fmt.Sprintf("With %d %s on one side the test can find no difference, however large: 4 and 4 are enough, or 5 and 5 to be surer.", least, runs)
	}
	seen, sure := 0, 0
	for _, t := range c.Tables {
		for _, r := range t.Rows {
			for _, a := range r.Against {
				if math.IsNaN(a.HolmP) {
					continue
				}
				if a.Seen() {
					seen++
				}
				if a.HolmP < c.Alpha {
					sure++
				}
			}
		}
	}
	text := fmt.Sprintf("%d differences were tested (Mann-Whitney, two-sided, alpha %s): about %s would look real by chance alone; ",
		c.Tested, percent(c.Alpha), digits(math.Round(float64(c.Tested)*c.Alpha*10)/10))
	if seen == 0 {
		return text + "none does."
	}
	text += fmt.Sprintf("%d do", seen)
	switch sure {
	case seen:
		return text + ", all of them also when corrected for how many there are (Holm)."
	case 0:
		return text + ", none of them when corrected for how many there are (Holm)."
	}
	return fmt.Sprintf("%s, %d of them also when corrected for how many there are (Holm).", text, sure)
}

// testable says that some number could have been tested.
func (c *Comparison) testable() bool {
	for _, t := range c.Tables {
		for _, r := range t.Rows {
			for _, a := range r.Against {
				if a.Testable() {
					return true
				}
			}
		}
	}
	return false
}
