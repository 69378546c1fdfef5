package machine

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"

	"showdown/targets/cloud"
)

// failure answers a share of the requests with a status.
type failure struct {
	share  float64
	status int
}

// failures are the two that may lie over each other: the plain one fails whatever is
// asked, the deep one all but the health path, as an application does whose health
// check looks at less than its users need. Each is turned on and off by itself.
type failures struct {
	mu          sync.Mutex
	rng         *rand.Rand
	plain, deep failure
}

// set carries out an order of the verb Errors.
func (f *failures) set(c cloud.Command) error {
	if c.Off {
		c.Share = 0
	}
	if c.Status == 0 {
		c.Status = http.StatusInternalServerError
	}
	if err := checkShare(c.Share); err != nil {
		return err
	}
	if c.Status < 400 || c.Status > 599 {
		return fmt.Errorf("status %d is no error: write 400 to 599", c.Status)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.Deep {
		f.deep = failure{c.Share, c.Status}
	} else {
		f.plain = failure{c.Share, c.Status}
	}
	return nil
}

// draw says whether this request is one that fails, and how; health is whether it
// asks for the health path.
func (f *failures) draw(health bool) (status int, failed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hits(f.plain) {
		return f.plain.status, true
	}
	return f.deep.status, !health && f.hits(f.deep)
}

// hits draws for one of the two. One that is off draws nothing, so that it leaves the
// other's choices as they are.
func (f *failures) hits(one failure) bool { return one.share > 0 && f.rng.Float64() < one.share }
