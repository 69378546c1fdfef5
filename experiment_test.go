package showdown

import (
	"slices"
	"strings"
	"testing"
)

func TestSelector(t *testing.T) {
	instances := []Instance{
		{Name: "web-1", Role: "web", Zone: "us-east-1a"},
		{Name: "web-2", Role: "web", Zone: "us-east-1b"},
		{Name: "web-3", Role: "web", Zone: "us-east-1a"},
		{Name: "db-1", Role: "db", Zone: "us-east-1a"},
	}
	last := func(n int) int { return n - 1 }
	for _, tt := range []struct {
		in   Selector
		want []string
		err  string
	}{
		{in: "web-2", want: []string{"web-2"}},
		{in: "role:web", want: []string{"web-1", "web-2", "web-3"}},
		{in: "zone:us-east-1a", want: []string{"db-1", "web-1", "web-3"}},
		{in: "all", want: []string{"db-1", "web-1", "web-2", "web-3"}},
		{in: "all role:web", want: []string{"web-1", "web-2", "web-3"}},
		{in: "one", want: []string{"db-1"}},
		{in: "one role:web", want: []string{"web-3"}},
		{in: "50%", want: []string{"db-1", "web-1"}},
		{in: "34% role:web", want: []string{"web-1", "web-3"}},
		{in: "1%", want: []string{"db-1"}},
		{in: "web-9", err: "matches no instance"},
		{in: "0%", err: "above 0"},
		{in: "x% role:web", err: "percentage"},
		{in: "some role:web", err: "write a name"},
	} {
		got, err := tt.in.Select(instances, last)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: error %v, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q = %v, %v, want %v", tt.in, got, err, tt.want)
		}
	}
}

func FuzzSelector(f *testing.F) {
	for _, s := range []string{"one", "50% role:web", "all zone:a", "web-1", "%"} {
		f.Add(s)
	}
	instances := []Instance{{Name: "web-1", Role: "web"}, {Name: "web-2", Role: "web"}}
	f.Fuzz(func(t *testing.T, s string) {
		names, err := Selector(s).Select(instances, func(int) int { return 0 })
		if err == nil && len(names) == 0 {
			t.Errorf("%q selects nothing and says nothing", s)
		}
	})
}

func TestCredits(t *testing.T) {
	for in, want := range map[Credits]float64{"": 30, "launch": 30, "full": 144, "none": 0, "12.5": 12.5} {
		if got, err := in.Balance(30, 144); err != nil || got != want {
			t.Errorf("credits %q = %g, %v, want %g", in, got, err, want)
		}
	}
	for _, in := range []Credits{"lots", "-1"} {
		if _, err := in.Balance(30, 144); err == nil {
			t.Errorf("credits %q were accepted", in)
		}
	}
}

func TestShareText(t *testing.T) {
	for in, want := range map[string]Share{"99.9%": 0.999, "0.5": 0.5, "100%": 1, "0%": 0} {
		var s Share
		if err := s.UnmarshalText([]byte(in)); err != nil || s < want-1e-12 || s > want+1e-12 {
			t.Errorf("%q = %v, %v, want %v", in, float64(s), err, float64(want))
		}
	}
	for _, in := range []string{"101%", "1.5", "x", "-1%", "NaN"} {
		var s Share
		if err := s.UnmarshalText([]byte(in)); err == nil {
			t.Errorf("%q was accepted as %v", in, s)
		}
	}
}

func TestVerdictLattice(t *testing.T) {
	for _, tt := range []struct{ a, b, want Verdict }{
		{Held, Held, Held},
		{Held, Unknown, Unknown},
		{Unknown, Deviated, Deviated},
		{Deviated, Held, Deviated},
		{"", Held, Held},
		{"", "", Held},
	} {
		if got := tt.a.Worse(tt.b); got != tt.want {
			t.Errorf("%q and %q = %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestActionsAreWhole(t *testing.T) {
	for name, a := range Actions() {
		if a.Name != name || a.Does == "" || a.Undo == "" || a.Kind == "" {
			t.Errorf("action %q is not whole: %+v", name, a)
		}
	}
}
