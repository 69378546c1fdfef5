package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// changeKind is what a change is written in.
type changeKind int

const (
	percentChange changeKind = iota
	durationChange
	plainChange
	perSecondChange
	dollarChange
)

// maxBound is the length of the longest bound, in bytes.
const maxBound = 200

// ParseBound reads a bound on a change: the name of a number, what may not be (>, >=, <,
// <=), and a change with its sign.
//
//	p99 > +10%            more than a tenth above the earlier run's
//	longest_outage > +2s  more than two AWS seconds longer
//	availability < -0.1%  more than 0.1 percentage points lower
//	recovered(A) > +5s    fault A is over later
//	no-eip.lost > +0%     the cell no-eip lost more
//
// A percentage of a share is in percentage points, of any other number relative. The
// error is a [BoundError].
func ParseBound(text string) (Bound, error) {
	p := &parser{text: text, rest: text}
	if len(text) > maxBound {
		return Bound{}, p.fail(0, fmt.Sprintf("longer than %d bytes", maxBound), "")
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return Bound{}, &BoundError{Problem: "holds bytes that are no text"}
	}
	b := Bound{text: strings.TrimSpace(text)}
	p.text, p.rest = b.text, b.text
	if err := p.name(&b); err != nil {
		return Bound{}, err
	}
	if err := p.operator(&b); err != nil {
		return Bound{}, err
	}
	if err := p.change(&b); err != nil {
		return Bound{}, err
	}
	if n, known := shortNamed(b.name); known && b.letter == "" {
		if err := b.fits(n); err != nil {
			return Bound{}, err
		}
	}
	for _, f := range faultNumbers {
		if f.short == b.name && (b.letter != "" || b.name == "recovered" || b.name == "detected") {
			if err := b.fits(Number{Unit: f.unit, Better: Less}); err != nil {
				return Bound{}, err
			}
		}
	}
	return b, nil
}

// parser reads a bound from the left.
type parser struct{ text, rest string }

// at is where the rest begins, in characters.
func (p *parser) at() int { return utf8.RuneCountInString(p.text[:len(p.text)-len(p.rest)]) }

func (p *parser) fail(at int, problem, hint string) error {
	return &BoundError{Text: p.text, At: at, Problem: problem, Hint: hint}
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " ") }

// take is what the rest begins with of characters that are wanted.
func (p *parser) take(wanted func(r rune) bool) string {
	n := strings.IndexFunc(p.rest, func(r rune) bool { return !wanted(r) })
	if n < 0 {
		n = len(p.rest)
	}
	out := p.rest[:n]
	p.rest = p.rest[n:]
	return out
}

const boundExample = `write, for example, "p99 > +10%"`

func (p *parser) name(b *Bound) error {
	p.space()
	b.at = p.at()
	word := p.take(func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-'
	})
	if word == "" {
		return p.fail(b.at, "want the name of a number", boundExample)
	}
	b.name = word
	p.space()
	if strings.HasPrefix(p.rest, "(") {
		at := p.at()
		inside, after, closed := strings.Cut(p.rest[1:], ")")
		if !closed {
			return p.fail(at, "this bracket is not closed", "name a fault by its letter: recovered(A)")
		}
		b.letter = strings.Trim(inside, ` "'`)
		if !isLetter(b.letter) {
			return p.fail(at+1, "want the letter of a fault", "name a fault by its letter: recovered(A)")
		}
		p.rest = after
	}
	if known(b.name, b.letter) {
		return nil
	}
	// A cell's name before a point; else a path, which only a record can say is wrong.
	if cell, name, dotted := strings.Cut(b.name, "."); dotted {
		if known(name, b.letter) && cell != "" {
			b.cell, b.name = cell, name
			return nil
		}
		if b.letter == "" && !strings.HasPrefix(word, ".") && !strings.HasSuffix(word, ".") && !strings.Contains(word, "..") {
			return nil
		}
	}
	var names []string
	all, _ := BoundNumbers()
	for _, n := range all {
		n, isFault := strings.CutSuffix(n, "(A)")
		if (b.letter == "") != isFault || n == "recovered" || n == "detected" {
			names = append(names, n)
		}
	}
	hint := "there are " + strings.Join(names, ", ")
	if near := nearest(b.name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	if b.letter != "" {
		return p.fail(b.at, fmt.Sprintf("a fault has no number %q", b.name), hint)
	}
	return p.fail(b.at, fmt.Sprintf("no number is called %q", b.name), hint)
}

// isLetter says that a text can be what a timeline calls a fault.
func isLetter(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// known says that a number is called so, of a fault where letter is not empty.
func known(name, letter string) bool {
	if letter != "" {
		return faultPath(name) != ""
	}
	_, short := shortNamed(name)
	return short || name == "recovered" || name == "detected"
}

func shortNamed(name string) (Number, bool) {
	for _, n := range shorts() {
		if n.Short == name {
			return n, true
		}
	}
	return Number{}, false
}

func (p *parser) operator(b *Bound) error {
	p.space()
	for _, op := range []string{">=", "<=", ">", "<"} {
		if rest, found := strings.CutPrefix(p.rest, op); found {
			b.op, p.rest = op, rest
			return nil
		}
	}
	return p.fail(p.at(), "want >, >=, < or <=", boundExample)
}

func (p *parser) change(b *Bound) error {
	p.space()
	b.changeAt = p.at()
	sign := 1.0
	switch {
	case strings.HasPrefix(p.rest, "+"):
	case strings.HasPrefix(p.rest, "-"):
		sign = -1
	case p.rest == "":
		return p.fail(b.changeAt, "want a change with its sign", boundExample)
	default:
		return p.fail(b.changeAt, "want a sign, + or -: a bound is on the change, not on the number itself", fmt.Sprintf("write %s %s +%s", b.name, b.op, p.rest))
	}
	p.rest = p.rest[1:]
	p.space()
	text := strings.TrimRight(p.rest, " ")
	amount, kind, ok := readChange(text)
	if !ok {
		return p.fail(p.at(), fmt.Sprintf("%q is no change", text), "write a percentage, +10%, or a difference: +50ms, +2s, -5/s, +100, +$20")
	}
	b.change, b.kind = sign*amount, kind
	return nil
}

// readChange reads what comes after the sign: seconds of a duration, a share of a
// percentage, and numbers as they are.
func readChange(text string) (amount float64, kind changeKind, ok bool) {
	plain := func(s string) bool {
		amount, ok = readNumber(strings.TrimSpace(s))
		return ok
	}
	if s, found := strings.CutSuffix(text, "%"); found {
		ok := plain(s)
		return amount / 100, percentChange, ok
	}
	if s, found := strings.CutSuffix(text, "/s"); found {
		ok := plain(s)
		return amount, perSecondChange, ok
	}
	if s, found := strings.CutPrefix(text, "$"); found {
		ok := plain(s)
		return amount, dollarChange, ok
	}
	if plain(text) {
		return amount, plainChange, true
	}
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		return 0, 0, false
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	return d.Seconds(), durationChange, err == nil && d >= 0
}

// readNumber is a number without a sign, in digits.
func readNumber(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && !math.IsInf(v, 0)
}

// fits fails when the change is in another unit than the number, or when the bound is
// passed by what is better than before.
func (b *Bound) fits(n Number) error {
	wrong := func(want string) error {
		return &BoundError{
			Text: b.text, At: b.changeAt, Problem: "this number is not measured in that",
			Hint: fmt.Sprintf("write a change of %s as %s", b.name, want),
		}
	}
	unit := map[Unit]changeKind{
		Share: percentChange, AWSSeconds: durationChange, Milliseconds: durationChange, Rate: perSecondChange, Dollars: dollarChange, Count: plainChange,
	}[n.Unit]
	example := map[Unit]string{
		Share: "-0.1%, in percentage points", AWSSeconds: "+2s or +10%", Milliseconds: "+50ms or +10%", Rate: "-5/s or -5%", Dollars: "+$20 or +10%", Count: "+100 or +10%",
	}[n.Unit]
	if b.kind != percentChange && b.kind != unit {
		return wrong(example)
	}
	worse := ">"
	if n.Better == More {
		worse = "<"
	}
	if !strings.HasPrefix(b.op, worse) && (b.change > 0) == (worse == ">") && b.change != 0 {
		return &BoundError{
			Text: b.text, At: b.at, Problem: "this fails when nothing got worse",
			Hint: fmt.Sprintf("of %s, %s is better: write %s %s %s", b.name, n.Better, b.name, worse, strings.TrimSpace(b.text[len(string([]rune(b.text)[:b.changeAt])):])),
		}
	}
	return nil
}

// nearest is the name that differs from word in the fewest letters, where few do.
func nearest(word string, names []string) string {
	best, least := "", 3
	for _, n := range names {
		if d := distance(word, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is how many letters must be changed, added or left out to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := slices.Clone(row)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(before[j+1]+1, row[j]+1, before[j]+cost)
		}
	}
	return row[len(b)]
}
