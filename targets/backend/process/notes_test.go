package process

import (
	"strconv"
	"testing"

	"showdown/targets/cloud"
)

func TestNotesKeepTheirOrder(t *testing.T) {
	var got []string
	held := make(chan bool)
	n := newNotes(func(note cloud.Note) {
		if len(got) == 0 {
			<-held // one that takes long keeps nobody else waiting
		}
		got = append(got, note.Health.Target)
	})
	done := make(chan bool)
	go func() {
		defer close(done)
		n.run()
	}()
	const all = 1000
	for i := range all {
		n.put(cloud.Note{Health: &cloud.HealthNote{Target: strconv.Itoa(i)}})
	}
	n.end()
	close(held)
	<-done
	if len(got) != all {
		t.Fatalf("%d of %d notes", len(got), all)
	}
	for i, target := range got {
		if target != strconv.Itoa(i) {
			t.Fatalf("note %d is %s", i, target)
		}
	}
	var nobody *notes = newNotes(nil)
	nobody.put(cloud.Note{})
	nobody.end()
}
