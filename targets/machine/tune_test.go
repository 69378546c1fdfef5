package machine

import (
	"runtime"
	"testing"
)

func TestTune(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	restore := Tune()
	if now := runtime.GOMAXPROCS(0); now != 1 {
		t.Errorf("%d threads run at a time, want 1", now)
	}
	restore()
	if now := runtime.GOMAXPROCS(0); now != before {
		t.Errorf("%d threads run at a time after restore, want %d", now, before)
	}
}
