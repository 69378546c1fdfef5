package live

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCrowd holds that the viewer after the last one for whom there is room is told to wait, that those who are
// there lose nothing by it, and that there is room as soon as one leaves; and that who does not read is let go.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		handler := NewHandler(h, Options{})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = h.Run(ctx) })
		phones := make([]*phone, maxViewers)
		leave := make([]context.CancelFunc, maxViewers)
		for i := range phones {
			phones[i] = &phone{never: i == 1}
			var each context.Context
			each, leave[i] = context.WithCancel(ctx)
			running.Go(func() { phones[i].watch(each, handler, time.Hour) })
		}
		synctest.Wait()
		ask := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			gone, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(gone, http.MethodGet, "http://127.0.0.1/api/v1/events", http.NoBody))
			return w
		}
		for range 3 {
			w := ask()
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" || !strings.Contains(w.Body.String(), "too many viewers") {
				t.Errorf("one too many is answered %d %v %s", w.Code, w.Header(), w.Body)
			}
		}
		leave[0]()
		synctest.Wait()
		if w := ask(); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "event: hello") {
			t.Errorf("after one has left another one is answered %d %s", w.Code, w.Body)
		}
		time.Sleep(writeCap + time.Second)
		synctest.Wait()
		h.mu.Lock()
		n := len(h.viewers)
		h.mu.Unlock()
		if n != maxViewers-2 {
			t.Errorf("%d viewers are there, want %d without one who left and one who does not read", n, maxViewers-2)
		}
		for _, leave := range leave {
			leave()
		}
		stop()
		running.Wait()
		for i, p := range phones[2:] {
			// The retry, the hello, and a message each idle second.
			if p.messages != phones[2].messages || p.messages < 10 {
				t.Errorf("viewer %d was told %d messages, another one %d", i+2, p.messages, phones[2].messages)
			}
		}
	})
}

// TestScrapeBesideThePage holds that scrapes which come often, or hang, delay no viewer's message.
func TestScrapeBesideThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(time.Now)
		scrapes := 0
		var mu sync.Mutex
		metrics := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			scrapes++
			hangs := scrapes%2 == 0
			mu.Unlock()
			if hangs {
				<-r.Context().Done()
				return
			}
			w.WriteHeader(http.StatusOK)
		})
		handler := NewHandler(h, Options{Metrics: metrics})
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Second+time.Millisecond)
		defer stop()
		var running sync.WaitGroup
		running.Go(func() { _ = h.Run(ctx) })
		p := &phone{}
		running.Go(func() { p.watch(ctx, handler, time.Hour) })
		for range 80 {
			time.Sleep(250 * time.Millisecond)
			running.Go(func() {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/metrics", http.NoBody))
			})
		}
		running.Wait()
		// The retry, the hello, a message each idle second, and one heartbeat.
		if scrapes != 80 || p.messages != 2+20+1 {
			t.Errorf("beside %d scrapes the viewer was told %d messages, want 80 and 23", scrapes, p.messages)
		}
	})
}
