package timings

import "testing"

func TestStage(t *testing.T) {
	if _, err := Stage(); err != nil {
		t.Fatal(err)
	}
}
