package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"showdown/targets/cloud"
)

// call sends a request and waits for its reply.
func (b *Backend) call(ctx context.Context, r request) (report, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, spawnWait,
		fmt.Errorf("the spawner (process %d) does not answer", b.spawner.PID))
	defer cancel()
	id, reply, err := b.post(&r)
	if err != nil {
		return report{}, err
	}
	defer b.forget(id)
	select {
	case rep := <-reply:
		if rep.Error != "" {
			return rep, errors.New(rep.Error)
		}
		return rep, nil
	case <-b.ended:
		// The reply may have come before the end.
		select {
		case rep := <-reply:
			if rep.Error == "" {
				return rep, nil
			}
		default:
		}
		return report{}, ErrLost
	case <-ctx.Done():
		return report{}, context.Cause(ctx)
	}
}

func (b *Backend) post(r *request) (int, chan report, error) {
	reply := make(chan report, 1)
	b.mu.Lock()
	if b.gone {
		b.mu.Unlock()
		return 0, nil, ErrLost
	}
	b.nextID++
	r.ID = b.nextID
	b.replies[r.ID] = reply
	b.mu.Unlock()
	data, err := json.Marshal(r)
	if err == nil {
		err = b.write(append(data, '\n'))
	}
	if err != nil {
		b.forget(r.ID)
	}
	return r.ID, reply, err
}

// write gives the spawner a line. A spawner that does not read for long is as good
// as dead.
func (b *Backend) write(line []byte) error {
	b.writeMu.Lock()
	defer b.writeMu.Unlock()
	if d, ok := b.stdin.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = d.SetWriteDeadline(time.Now().Add(spawnWait))
	}
	if _, err := b.stdin.Write(line); err != nil {
		return fmt.Errorf("%w (%v)", ErrLost, err)
	}
	return nil
}

func (b *Backend) forget(id int) {
	b.mu.Lock()
	delete(b.replies, id)
	b.mu.Unlock()
}

// read passes the spawner's reports to whom they concern, until they end.
func (b *Backend) read(stdout io.Reader) {
	lines := bufio.NewReader(stdout)
	for {
		data, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r report
		if json.Unmarshal(data, &r) != nil {
			continue // no line of the spawner's: something it printed by accident
		}
		b.dispatch(r)
	}
}

func (b *Backend) dispatch(r report) {
	b.mu.Lock()
	reply := b.replies[r.ID]
	m := b.machines[r.Machine]
	b.mu.Unlock()
	switch {
	case r.Ready:
		select {
		case <-b.ready:
		default:
			close(b.ready)
		}
	case r.ID != 0:
		if reply != nil {
			select {
			case reply <- r:
			default:
			}
		}
	case m == nil:
	case r.Exit != "":
		b.remove(m, r.Exit)
	default:
		var a cloud.Answer
		if json.Unmarshal(r.Line, &a) == nil {
			m.answer(a)
		}
	}
}
