package promtest

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDips(t *testing.T) {
	at := func(i int) time.Time { return time.UnixMilli(int64(i) * 250) }
	nan := math.NaN()
	for _, tc := range []struct {
		name   string
		values []float64
		want   []Dip
	}{
		{"none", []float64{1, 1, .99, 1}, nil},
		{"shallow", []float64{1, .6, .3, .7, 1}, nil},
		{"one", []float64{1, .7, .2, 0, 0, .3, .8, 1}, []Dip{{at(1), at(5)}}},
		{"steep", []float64{1, 0, 1}, []Dip{{at(1), at(2)}}},
		{"unfinished", []float64{1, .5, 0, 0}, []Dip{{From: at(1)}}},
		{"the fall counts from the last time it was high", []float64{1, .9, 1, .5, 0, 1}, []Dip{{at(3), at(5)}}},
		{"no number", []float64{1, nan, 0, nan, 1}, []Dip{{at(2), at(4)}}},
		{"after the rise it must be high before it falls", []float64{0, .5, .4, 0, 1}, []Dip{{at(0), at(1)}, {at(2), at(4)}}},
	} {
		var samples []Sample
		for i, v := range tc.values {
			samples = append(samples, Sample{at(i), v})
		}
		if got := Dips(samples, .05, .95); !cmp.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestSubstitute(t *testing.T) {
	values := map[string]string{"run": "r1", "run_count": "3", "__range": "10s"}
	got, err := Substitute(`a{run="$run"}[$__range] > $run_count`, values)
	if want := `a{run="r1"}[10s] > 3`; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, expr := range []string{"$cell", "${DS_PROMETHEUS}"} {
		if _, err := Substitute(expr, values); err == nil {
			t.Errorf("%s: no error", expr)
		}
	}
}

func TestPanelQueries(t *testing.T) {
	got, err := PanelQueries([]byte(`{"panels":[{"title":"A","targets":[{"refId":"A","expr":"up"}]}],
		"annotations":{"list":[{"name":"none"},{"name":"chaos","target":{"refId":"Anno","expr":"c > 0"}}]}}`))
	want := []PanelQuery{{"A", "A", "up"}, {"annotation chaos", "Anno", "c > 0"}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := PanelQueries([]byte("{")); err == nil {
		t.Error("torn JSON: no error")
	}
}

func FuzzPoint(f *testing.F) {
	f.Add([]byte(`[1700000000.25,"1.5"]`))
	f.Add([]byte(`[1,"NaN"]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p point
		_ = json.Unmarshal(data, &p) // any answer may be wrong; none may panic
	})
}
