package play

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stalls, stalled := 0, false
		err := heartbeat(ctx, 5*time.Millisecond, func(by time.Duration) {
			stalls++
			if by != 70*time.Millisecond {
				t.Errorf("late by %v, want 70ms", by)
			}
		})
		if err != nil || stalls != 0 {
			t.Errorf("%d stalls in a quiet second, %v", stalls, err)
		}

		// A beat that is held up stands for a harness that is: the callback of the
		// first late beat is where the next one is delayed.
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = heartbeat(ctx, -1, func(time.Duration) {
			if !stalled {
				stalled = true
				time.Sleep(65 * time.Millisecond)
				return
			}
			stalls++
		})
		if stalls < 90 || stalls > 95 {
			t.Errorf("%d beats after a stall of 65ms in a second, want 93 or so: missed beats are not made up", stalls)
		}
	})
}
