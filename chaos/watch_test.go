package chaos

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatch holds when conditions are asked: every 100 ms from the zero until the end.
func TestWatch(t *testing.T) {
	const second = time.Second
	for _, tt := range []struct {
		name    string
		ahead   time.Duration // of the zero
		cancel  time.Duration // 0 never
		true    time.Duration // from when on the condition holds
		hit     bool
		asked   int
		elapsed time.Duration
	}{
		{name: "it comes true", true: second, hit: true, asked: 10, elapsed: second},
		{name: "between two looks", true: 1010 * time.Millisecond, hit: true, asked: 11, elapsed: 1100 * time.Millisecond},
		{name: "at once", hit: true, asked: 1, elapsed: 100 * time.Millisecond},
		{name: "not before the zero", ahead: second, hit: true, asked: 1, elapsed: second},
		{name: "it never does", true: time.Hour, asked: 30, elapsed: 3050 * time.Millisecond},
		{name: "too late", true: 3100 * time.Millisecond, asked: 30, elapsed: 3050 * time.Millisecond},
		{name: "interrupted", true: time.Hour, cancel: 550 * time.Millisecond, asked: 5, elapsed: 550 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				began, asked := time.Now(), 0
				condition, hit := Watch(ctx, func(now time.Duration) (string, bool) {
					asked++
					if now < 0 {
						t.Errorf("asked at %s", now)
					}
					return "x", now >= tt.true
				}, began.Add(tt.ahead), 3050*time.Millisecond)
				if hit != tt.hit || (condition == "x") != tt.hit {
					t.Errorf("%q, %v", condition, hit)
				}
				if asked != tt.asked || time.Since(began) != tt.elapsed {
					t.Errorf("asked %d times in %s, want %d in %s", asked, time.Since(began), tt.asked, tt.elapsed)
				}
			})
		})
	}
}
