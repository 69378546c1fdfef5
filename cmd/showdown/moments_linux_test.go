package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"showdown"
	"showdown/targets/journeys"
)

// moments counts what was hit, by stage and place, and how often each was aimed at.
type moments struct {
	stages []*showdown.Stage
	hits   map[string]map[place]int
	aimed  map[string]map[place]int
}

func newMoments(stages []*showdown.Stage) *moments {
	m := &moments{stages: stages, hits: map[string]map[place]int{}, aimed: map[string]map[place]int{}}
	for _, s := range stages {
		m.hits[s.Name], m.aimed[s.Name] = map[place]int{}, map[place]int{}
	}
	return m
}

func (m *moments) add(s *showdown.Stage, places []place) {
	for _, p := range places {
		m.hits[s.Name][p]++
	}
}

// row is how often any moment of a step was hit.
func (m *moments) row(s *showdown.Stage, row string) int {
	n := 0
	for c := range column(columns) {
		n += m.hits[s.Name][place{row, c}]
	}
	return n
}

// never are the steps that were never hit, as stage and step.
func (m *moments) never() []string {
	var out []string
	for _, s := range m.stages {
		for _, row := range rowsOf(s) {
			if m.row(s, row) == 0 {
				out = append(out, s.Name+": "+row)
			}
		}
	}
	return out
}

// next is the stage that is killed next, and where: nil is anywhere. About every other
// kill is aimed, and all are when there are only left of them for what was never hit: an
// aim may be missed, so there are to be some for each. The aim is what was hit least,
// steps that were never hit first.
func (m *moments) next(random *rand.Rand, left int) (*showdown.Stage, *place) {
	const tries = 3
	if random.IntN(2) == 0 && left > tries*len(m.never()) {
		return m.stages[random.IntN(len(m.stages))], nil
	}
	var stage *showdown.Stage
	var aim place
	least, ties := []int(nil), 0
	for _, s := range m.stages {
		for _, row := range rowsOf(s) {
			for c := range column(columns) {
				if goesOn(row) && c != in {
					continue
				}
				p := place{row, c}
				// What was aimed at in vain, because it lasts a millisecond, comes behind.
				score := []int{min(m.row(s, row), 1), m.hits[s.Name][p] + m.aimed[s.Name][p]}
				switch order := slices.Compare(score, least); {
				case least != nil && order > 0:
					continue
				case least == nil || order < 0:
					least, ties = score, 0
				}
				ties++
				if random.IntN(ties) == 0 {
					stage, aim = s, p
				}
			}
		}
	}
	m.aimed[stage.Name][aim]++
	return stage, &aim
}

// String is the table.
func (m *moments) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\tbefore\tin\tafter\t\n")
	for _, s := range m.stages {
		for _, row := range rowsOf(s) {
			fmt.Fprintf(w, "%s: %s\t", s.Name, row)
			for c := range column(columns) {
				if n := m.hits[s.Name][place{row, c}]; n > 0 {
					fmt.Fprintf(w, "%d", n)
				} else {
					fmt.Fprint(w, "-")
				}
				fmt.Fprint(w, "\t")
			}
			fmt.Fprintln(w)
		}
	}
	_ = w.Flush() // a strings.Builder takes everything
	return text.String()
}

func TestMomentsAimAtWhatWasNotHit(t *testing.T) {
	t.Parallel()
	stage, err := journeys.Load([]byte(momentsStage), "moments.yaml", known())
	if err != nil {
		t.Fatal(err)
	}
	m := newMoments([]*showdown.Stage{stage})
	random := rand.New(rand.NewPCG(1, 1))
	rows := rowsOf(stage)
	if want := []string{rowLab, rowSteady, "A", "B", "C", "other/A", rowHealing, rowEnding}; !slices.Equal(rows, want) {
		t.Fatalf("rows %q, want %q", rows, want)
	}
	// As many kills as there are steps, each of which hits its aim, reach every step.
	for left := len(rows); left > 0; left-- {
		s, aim := m.next(random, left)
		if aim == nil {
			t.Fatalf("with %d kills left for %d steps, one is not aimed", left, len(m.never()))
		}
		m.add(s, []place{*aim})
	}
	if never := m.never(); len(never) > 0 {
		t.Errorf("never hit: %q\n%s", never, m)
	}
	if text := m.String(); strings.Count(text, "\n") != len(rows)+1 || strings.Count(text, " 1") != len(rows) {
		t.Errorf("the table has not one hit in each row:\n%s", text)
	}
}
