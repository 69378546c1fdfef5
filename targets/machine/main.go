package machine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"showdown/targets/cloud"
)

// DrainLimit bounds the graceful stop: requests in flight that take longer are cut.
const DrainLimit = 10 * time.Second

// Main is the life of a machine's process. The first line of stdin is its
// [cloud.MachineConfig]; the answer is that it is ready, which means that it listens
// on all its addresses, or why it cannot be. Each further line is a [cloud.Order],
// answered when it is in effect. It ends at once when stdin does, and gracefully on
// SIGTERM or when ctx is done: listeners close, requests in flight finish within
// [DrainLimit]. The error is of what could not be said on stdout.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	signal.Ignore(os.Interrupt, syscall.SIGHUP) // a terminal's signals are showdown's to judge
	in := bufio.NewReader(stdin)
	answers := &answers{out: stdout}
	m, err := open(ctx, in)
	if err != nil {
		return answers.say(cloud.Answer{Error: err.Error()})
	}
	if m.node != nil {
		defer roomy()()
	}
	served := make(chan error, 1)
	go func() { served <- m.serve() }()
	if err := answers.say(cloud.Answer{Ready: true}); err != nil {
		m.close()
		return errors.Join(err, <-served)
	}
	m.follow(ctx)
	m.hear(func(n cloud.Note) { _ = answers.say(cloud.Answer{Note: &n}) }) // whom it cannot tell is gone
	orphaned := make(chan error, 1)
	go func() { orphaned <- m.obey(in, answers) }()
	select {
	case err = <-orphaned:
	case <-ctx.Done():
		m.drain(DrainLimit)
		m.program.leave(leaveWait) // the signal was its as well
	case err = <-served:
		served <- nil
	}
	m.close()
	m.program.leave(0)
	return errors.Join(err, <-served)
}

// open reads the configuration, starts the machine's own program if it has one, and
// binds everything.
func open(ctx context.Context, in *bufio.Reader) (*machine, error) {
	line, err := in.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	var c cloud.MachineConfig
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	m, err := newMachine(c, time.Now())
	if err != nil {
		return nil, err
	}
	if err := m.run(ctx); err != nil {
		m.close()
		return nil, err
	}
	if err := m.listen(); err != nil {
		m.close()
		m.program.leave(0)
		return nil, err
	}
	return m, nil
}

// obey carries out orders until there are no more: one after the other, but for those
// that wait for others, which go on beside them.
func (m *machine) obey(in *bufio.Reader, out *answers) error {
	carryOut := func(order cloud.Order) error {
		counters, err := m.do(order.Command)
		a := cloud.Answer{ID: order.ID, Counters: counters}
		if err != nil {
			a.Error = err.Error()
		}
		return out.say(a)
	}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return nil // the spawner is gone, and so are we
		}
		var order cloud.Order
		if err := json.Unmarshal(line, &order); err != nil {
			continue // without an id there is nobody to answer
		}
		if v := order.Command.Verb; v == cloud.Connect || v == cloud.Vacate {
			go func() { _ = carryOut(order) }() // whom it cannot tell is gone
			continue
		}
		if err := carryOut(order); err != nil {
			return err
		}
	}
}

// answers writes lines.
type answers struct {
	mu  sync.Mutex
	out io.Writer
}

func (a *answers) say(answer cloud.Answer) error {
	data, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err = a.out.Write(append(data, '\n'))
	return err
}
