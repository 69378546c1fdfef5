package showdown_test

import (
	"slices"
	"testing"

	"showdown"
)

func TestExpandEnv(t *testing.T) {
	lookup := func(name string) string { return "<" + name + ">" }
	for text, want := range map[string]string{
		"":                    "",
		"plain":               "plain",
		"$TOKEN":              "<TOKEN>",
		"a ${TOKEN}b $OTHER.": "a <TOKEN>b <OTHER>.",
		"$$TOKEN":             "$TOKEN",
		"5 $$ and $$$TOKEN":   "5 $ and $<TOKEN>",
		"costs 5$":            "costs 5$",
	} {
		if got := showdown.ExpandEnv(text, lookup); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestWhatAProgramNeeds(t *testing.T) {
	p := showdown.Program{Env: map[string]string{"A": "$TOKEN and ${USER}", "B": "$TOKEN", "C": "$$HOME"}}
	if got := p.Needs(); !slices.Equal(got, []string{"TOKEN", "USER"}) {
		t.Errorf("it needs %q", got)
	}
}

func TestWhichProgramAnInstanceRuns(t *testing.T) {
	stages, own := &showdown.Program{Command: []string{"a"}}, &showdown.Program{Command: []string{"b"}}
	s := showdown.Stage{Program: stages, Cells: []showdown.Cell{
		{Topology: showdown.Topology{Instances: []showdown.Instance{{}, {App: "clock"}, {Program: own}}}},
		{Topology: showdown.Topology{AutoScalingGroups: []showdown.AutoScalingGroup{{Template: showdown.Instance{App: "clock"}}}}},
	}}
	for i, want := range []*showdown.Program{stages, nil, own} {
		if got := s.ProgramOf(&s.Cells[0].Topology.Instances[i]); got != want {
			t.Errorf("instance %d runs %+v", i, got)
		}
	}
	if got := s.Programs(); !slices.Equal(got, []*showdown.Program{stages, own}) {
		t.Errorf("the programs are %+v", got)
	}
	if s.BuiltIn(&s.Cells[0]) || !s.BuiltIn(&s.Cells[1]) {
		t.Error("a cell with a program counts as one without, or the other way round")
	}
}
