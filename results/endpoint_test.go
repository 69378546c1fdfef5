package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"showdown"
)

// Names and reasons of a scenario survive, whatever they look like, and cost nothing where
// there are none.
func TestEndpoints(t *testing.T) {
	for name, hits := range map[string][]showdown.Hit{
		"several": {
			{Seq: 0, Endpoint: "front page"},
			{Seq: 1},
			{Seq: 2, Endpoint: "127.0.0.1", Reason: "the status is not 200"},
			{Seq: 3, Endpoint: "GET /ça"},
			{Seq: 4, Outcome: showdown.Dropped, Reason: "no client was free"},
		},
		"one":      {{Seq: 0, Endpoint: "all"}, {Seq: 1, Endpoint: "all"}},
		"a reason": {{Seq: 0, Reason: "why"}},
	} {
		got, r, err := collect(t, written(t, hits))
		if err != nil || !r.Complete() {
			t.Fatalf("%s: complete %v, error %v", name, r.Complete(), err)
		}
		if diff := cmp.Diff(hits, got); diff != "" {
			t.Errorf("%s: hits differ (-want +got):\n%s", name, diff)
		}
	}
}

// A name that is longer than a record keeps is cut, and not refused by the reader.
func TestLongEndpointIsCut(t *testing.T) {
	long := make([]byte, 3*maxBackendName)
	for i := range long {
		long[i] = 'a'
	}
	got, _, err := collect(t, written(t, []showdown.Hit{{Endpoint: string(long), Reason: string(long)}}))
	if err != nil || len(got) != 1 || len(got[0].Endpoint) != maxBackendName || len(got[0].Reason) != maxBackendName {
		t.Errorf("%d hits, error %v", len(got), err)
	}
}
