package journal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestEndMarked ends a family whose members leave their parent while they are looked for.
func TestEndMarked(t *testing.T) {
	run := fmt.Sprintf("marked-%d", os.Getpid())
	cmd := exec.Command("sh", "-c", "i=0; while [ $i -lt 40 ]; do setsid sh -c 'setsid sleep 97 & exec sleep 98' & i=$((i+1)); done; exec sleep 99")
	cmd.Env = append(os.Environ(), MarkVariable+"="+run)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	for len(findMarked(run)) < 5 { // some are there, others are on their way
		if !pause(t.Context(), time.Millisecond) {
			t.Fatal("nothing started")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := EndMarked(ctx, run); err != nil {
		t.Error(err)
	}
	<-ended
	if left := findMarked(run); len(left) > 0 {
		t.Errorf("left: %v", left)
		_ = EndMarked(ctx, run)
	}
	if err := EndMarked(ctx, run); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}
