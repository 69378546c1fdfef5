package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// content is what a journal's file says.
type content struct {
	run   string
	owner Identity
	// pending are the entries without a done line.
	pending map[int]Entry
	// unreadable are the numbers of the lines, from 1, that say nothing we know. A
	// last line that was cut off is not among them: what it named was never made.
	unreadable []int
}

// parse reads a journal's bytes. It never fails: what cannot be read is listed, and
// what can be read is undone.
func parse(data []byte) content {
	c := content{pending: map[int]Entry{}}
	for number := 1; len(data) > 0; number++ {
		text, rest, whole := bytes.Cut(data, []byte{'\n'})
		data = rest
		if err := c.add(text); err != nil && whole {
			c.unreadable = append(c.unreadable, number)
		}
	}
	return c
}

func (c *content) add(text []byte) error {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	switch {
	case l.Journal == version && l.Owner != nil:
		c.run, c.owner = l.Run, *l.Owner
	case l.ID <= 0:
		return fmt.Errorf("no number in %q", text)
	case l.Done:
		delete(c.pending, l.ID)
	case l.Kind != "":
		e := Entry{Kind: l.Kind, Name: l.Name, Fields: l.Fields}
		if l.Identity != nil {
			e.Identity = *l.Identity
		}
		c.pending[l.ID] = e
	case l.Identity != nil:
		e, ok := c.pending[l.ID]
		if !ok {
			// The line that planned it may be the unreadable one: the process is ours
			// all the same.
			e = Entry{Kind: KindProcess, Name: fmt.Sprintf("of entry %d", l.ID)}
		}
		e.Identity = *l.Identity
		c.pending[l.ID] = e
	default:
		return fmt.Errorf("nothing known in %q", text)
	}
	return nil
}
