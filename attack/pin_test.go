package attack

import (
	"testing"
	"time"

	"showdown"
)

// TestPinnedName: who is told the addresses of a name uses these and asks no more, and
// asks again when they are taken back.
func TestPinnedName(t *testing.T) {
	h := &host{name: "whatisthetime.com", port: "8080"}
	asked := []*endpoint{{ip: "127.0.0.1"}}
	told := []*endpoint{{ip: "127.0.0.2"}, {ip: "127.0.0.3"}}
	now := time.Now()
	used := map[string]int{}
	for number := range uint32(10) {
		c := &client{host: h, number: number, profile: showdown.Pinned}
		c.cache = entry{known: asked, fetched: now, expires: now.Add(time.Hour)}
		c.told(now)
		if got := c.choose().known[0].ip; got != "127.0.0.1" {
			t.Fatalf("before: %s", got)
		}
		h.pinned.Store(&pin{known: told})
		c.told(now)
		if late := now.Add(24 * time.Hour); !c.cache.counts(late) {
			t.Error("what a client was told has run out")
		}
		r := c.choose()
		used[r.known[r.first].ip]++
		h.pinned.Store(nil)
		c.told(now)
		if c.cache.counts(now) || len(c.cache.known) > 0 {
			t.Errorf("afterwards the client has %v", c.cache)
		}
	}
	if used["127.0.0.2"] != 5 || used["127.0.0.3"] != 5 {
		t.Errorf("ten clients use %v, want each address five times", used)
	}
}
