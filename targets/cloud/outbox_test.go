package cloud_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"showdown/targets/cloud"
)

// TestOutboxKeepsTheOrder: whoever receives may put more, which comes after what was
// there, and many senders are one at a time.
func TestOutboxKeepsTheOrder(t *testing.T) {
	var got []int
	var o cloud.Outbox[int]
	o.Send = func(v int) {
		got = append(got, v)
		if v == 1 {
			o.Put(10)
			o.Flush() // while sending: the one that sends takes it along
		}
	}
	o.Put(1)
	o.Put(2)
	o.Flush()
	if !slices.Equal(got, []int{1, 2, 10}) {
		t.Errorf("sent %v", got)
	}
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() { o.Put(100 + i); o.Flush() })
	}
	all.Wait()
	o.Flush()
	if len(got) != 103 {
		t.Errorf("%d were sent, want 103", len(got))
	}
}

func TestCodeOfAnError(t *testing.T) {
	err := fmt.Errorf("launch: %w", cloud.NewAPIError("RunInstances", "Busy", "try again"))
	if cloud.Code(err) != "Busy" || cloud.Code(errors.New("Busy")) != "" || cloud.Code(nil) != "" {
		t.Errorf("codes %q, %q, %q", cloud.Code(err), cloud.Code(errors.New("Busy")), cloud.Code(nil))
	}
	if want := "launch: RunInstances: Busy: try again"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
