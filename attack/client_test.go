package attack

import (
	"slices"
	"testing"

	"showdown"
)

func TestPopulation(t *testing.T) {
	cohorts := []cohort{{name: "a", size: 700}, {name: "b", size: 200}, {name: "c", size: 100}}
	order := population(cohorts, 1, 7)
	if len(order) != 1000 {
		t.Fatalf("%d clients, want 1000", len(order))
	}
	seen := make(map[uint32]bool)
	var taken [3]int
	for i, c := range order {
		seen[c.number] = true
		taken[c.cohort]++
		for j, co := range cohorts {
			if want := float64(i+1) * float64(co.size) / 1000; float64(taken[j]) < want-1 || float64(taken[j]) > want+1 {
				t.Fatalf("after %d turns cohort %s had %d, want %g", i+1, co.name, taken[j], want)
			}
		}
		first := []uint32{0, 700, 900}[c.cohort]
		if c.number != first+uint32(c.rank) {
			t.Fatalf("client %d has rank %d in cohort %d", c.number, c.rank, c.cohort)
		}
	}
	if len(seen) != 1000 {
		t.Errorf("%d different clients, want 1000", len(seen))
	}
	same := func(a, b []*client) bool {
		return slices.EqualFunc(a, b, func(x, y *client) bool { return x.number == y.number })
	}
	if !same(order, population(cohorts, 1, 7)) {
		t.Error("the same seed gives another order")
	}
	if same(order, population(cohorts, 1, 8)) {
		t.Error("another seed gives the same order")
	}
}

// routes is the names of the first addresses that a client's next n requests try,
// and how many each may try.
func routes(c *client, b *book, n int) (names []string, tries int) {
	for range n {
		r := c.route(0, b)
		names = append(names, r.known[r.at(0)].Name+"@"+r.known[r.at(0)].Address)
		tries = r.tries
	}
	return names, tries
}

func bookOf(version uint64, cohorts []cohort, before *book, endpoints ...*endpoint) *book {
	var l *listing
	if before != nil {
		l = &before.sites[0]
	}
	return &book{version: version, sites: []listing{list(endpoints, cohorts, l)}}
}

func end(name, address string) *endpoint {
	return &endpoint{Endpoint: Endpoint{Name: name, Address: address}}
}

func TestRoutes(t *testing.T) {
	a, b, c := end("a", "1"), end("b", "2"), end("c", "3")
	d, moved := end("d", "4"), end("a", "9")
	for _, test := range []struct {
		name    string
		profile showdown.Profile
		knows   []string
		rank    int
		first   []string
		tries   int
		// after the addresses have become those of second
		second []*endpoint
		then   []string
	}{
		{
			"pinned stays, and follows its instance to a new address", showdown.Pinned, nil, 3,
			[]string{"a@1", "a@1"},
			1,
			[]*endpoint{b, moved},
			[]string{"a@9", "a@9"},
		},
		{
			"pinned keeps the last address of an instance that is gone", showdown.Pinned, nil, 1,
			[]string{"b@2", "b@2"},
			1,
			[]*endpoint{a, c},
			[]string{"b@2"},
		},
		{
			"browser stays and may try all", showdown.Browser, nil, 1,
			[]string{"b@2", "b@2"},
			3,
			[]*endpoint{c, b},
			[]string{"b@2", "b@2"},
		},
		{
			"jvm is as pinned", showdown.JVM, nil, 1,
			[]string{"b@2", "b@2"},
			1,
			[]*endpoint{a, c},
			[]string{"b@2"},
		},
		{
			"chromium is as browser", showdown.Chromium, nil, 1,
			[]string{"b@2", "b@2"},
			3,
			[]*endpoint{c, b},
			[]string{"b@2"},
		},
		{
			"fresh takes turns and tries one", showdown.Fresh, nil, 0,
			[]string{"a@1", "b@2", "c@3", "a@1"},
			1,
			[]*endpoint{b},
			[]string{"b@2", "b@2"},
		},
		{
			"address-list takes turns, may try all, and learns of new instances", showdown.AddressList, nil, 2,
			[]string{"c@3", "a@1", "b@2"},
			3,
			[]*endpoint{a, b, c, d},
			[]string{"c@3", "d@4", "a@1"},
		},
		{
			"a cohort that was told of two knows two", showdown.AddressList,
			[]string{"a", "c"},
			0,
			[]string{"a@1", "c@3", "a@1"},
			2,
			[]*endpoint{moved, b, c},
			[]string{"c@3", "a@9"},
		},
		{
			"a cohort all of whose instances are gone keeps their addresses", showdown.Browser,
			[]string{"c"},
			0,
			[]string{"c@3"},
			1,
			[]*endpoint{a, b},
			[]string{"c@3"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cohorts := []cohort{{knows: test.knows, profile: test.profile, size: 1}}
			cl := &client{profile: test.profile, rank: test.rank, places: make([]place, 1)}
			one := bookOf(1, cohorts, nil, a, b, c)
			got, tries := routes(cl, one, len(test.first))
			if !slices.Equal(got, test.first) || tries != test.tries {
				t.Errorf("%v with %d tries, want %v with %d", got, tries, test.first, test.tries)
			}
			two := bookOf(2, cohorts, one, test.second...)
			if got, _ := routes(cl, two, len(test.then)); !slices.Equal(got, test.then) {
				t.Errorf("after the change %v, want %v", got, test.then)
			}
		})
	}
}

func TestBrowserStaysWhereItConnected(t *testing.T) {
	a, b := end("a", "1"), end("b", "2")
	cohorts := []cohort{{size: 1}}
	cl := &client{profile: showdown.Browser, places: make([]place, 1)}
	one := bookOf(1, cohorts, nil, a, b)
	r := cl.route(0, one)
	cl.connected(0, r, 1)
	if got, _ := routes(cl, one, 1); got[0] != "b@2" {
		t.Errorf("the browser starts at %s, want where it connected", got[0])
	}
}
