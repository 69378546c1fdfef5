package showdown

import (
	"slices"
	"testing"
)

func TestCohortSizes(t *testing.T) {
	for _, test := range []struct {
		name    string
		clients int
		shares  []Share
		want    []int
	}{
		{"no cohorts are one group", 7, nil, []int{7}},
		{"exact shares", 100, []Share{0.29, 0.71}, []int{29, 71}},
		{"largest remainder gets what is left", 10, []Share{0.34, 0.33, 0.33}, []int{4, 3, 3}},
		{"equal remainders go to the first", 10, []Share{0.25, 0.25, 0.5}, []int{3, 2, 5}},
		{"a cohort too small for a client has none", 3, []Share{0.9, 0.1}, []int{3, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			traffic := Traffic{Clients: test.clients}
			for _, s := range test.shares {
				traffic.Cohorts = append(traffic.Cohorts, Cohort{Share: s})
			}
			got := traffic.CohortSizes()
			if !slices.Equal(got, test.want) {
				t.Fatalf("sizes %v, want %v", got, test.want)
			}
			client := uint32(0)
			for i, size := range got {
				for range size {
					if c := traffic.CohortOf(client); c != i {
						t.Errorf("client %d is of cohort %d, want %d", client, c, i)
					}
					client++
				}
			}
			if c := traffic.CohortOf(client); c != -1 {
				t.Errorf("client %d is of cohort %d, want none", client, c)
			}
		})
	}
}
