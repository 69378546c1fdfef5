//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"showdown"
	"showdown/targets/backend/process"
	"showdown/targets/lab"
)

// labRun is what a lab took.
type labRun struct {
	Up, Down float64 // milliseconds
	// Machines and Spawner are sums of proportional set sizes in KiB.
	Machines, Spawner int
}

// runLab starts a lab as showdown's commands do, says when all its instances have
// answered, and takes it down again.
func runLab(ctx context.Context, args []string) error {
	return timed(ctx, args, cell, answered, nil)
}

// timed starts a lab of a cell as showdown's commands do, says when serves has returned,
// and takes the lab down again once all has returned too; nil asks for no more.
func timed(ctx context.Context, args []string, cell func(instances int) showdown.Cell, serves, all func(ctx context.Context, l *lab.Lab, instances int) error) (err error) {
	began := time.Now()
	flags := flag.NewFlagSet("lab", flag.ExitOnError)
	instances := flags.Int("instances", 1, "how many")
	binary := flags.String("showdown", "", "the program whose hidden commands are the spawner and the machines")
	flags.Parse(args)

	clock, err := showdown.NewClock(speed)
	if err != nil {
		return err
	}
	h, err := startHarness(ctx, *binary)
	if err != nil {
		return err
	}
	l, err := lab.New(lab.Config{
		Run: h.mark, Cell: cell(*instances), App: "clock", Work: work, Clock: clock, Seed: 1, Backend: h.backend, Journal: h.journal,
	})
	if err != nil {
		return errors.Join(err, h.Close(ctx))
	}
	var r labRun
	running, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	err = l.Up(ctx)
	if err == nil {
		go func() { ran <- l.Run(running) }()
		err = serves(ctx, l, *instances)
	} else {
		ran <- nil
	}
	r.Up = millis(time.Since(began))
	if err == nil {
		// The bench's clock stops when it reads this line.
		err = say(map[string]bool{"Answering": true})
	}
	if err == nil && all != nil {
		err = all(ctx, l, *instances)
	}
	if err == nil {
		r.Machines, r.Spawner, err = memory(l, h.backend)
	}
	began = time.Now()
	stop()
	// What was started is ended also when ctx has been.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	err = errors.Join(err, <-ran, l.Down(ending), h.Close(ending))
	r.Down = millis(time.Since(began))
	if err != nil {
		return err
	}
	return say(r)
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// cell has instances in three zones, without elastic IPs: a Region gives few.
func cell(instances int) showdown.Cell {
	c := showdown.Cell{Name: showdown.BaseCell, Topology: showdown.Topology{Region: "us-east-1"}}
	for i := range instances {
		c.Topology.Instances = append(c.Topology.Instances, showdown.Instance{
			Name: fmt.Sprintf("web-%d", i+1), Role: "web", Type: "t2.micro", Zone: "us-east-1" + string("abc"[i%3]),
		})
	}
	return c
}

// answered asks every instance for a whole answer, all at once.
func answered(ctx context.Context, l *lab.Lab, instances int) error {
	endpoints := l.Endpoints()
	if len(endpoints) != instances {
		return fmt.Errorf("%d of %d instances have an address", len(endpoints), instances)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(l.ClientSource())}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, Timeout: 5 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	for _, e := range endpoints {
		group.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Address+"/", nil)
			if err != nil {
				return err
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				return err
			}
			if name := resp.Header.Get("X-Instance"); resp.StatusCode != http.StatusOK || name != e.Name {
				return fmt.Errorf("%s at %s: status %d from %q", e.Name, e.Address, resp.StatusCode, name)
			}
			return nil
		})
	}
	return group.Wait()
}

// memory is what the machines and the process that holds them have, in KiB.
func memory(l *lab.Lab, backend *process.Backend) (machines, spawner int, err error) {
	for _, in := range l.Instances() {
		m, ok := l.Machine(in.Name)
		if !ok {
			return 0, 0, fmt.Errorf("%s has no process", in.Name)
		}
		kib, err := proportional(m.Identity().PID)
		if err != nil {
			return 0, 0, err
		}
		machines += kib
	}
	for _, n := range l.Nodes() {
		m, ok := l.NodeMachine(n.Name)
		if !ok {
			return 0, 0, fmt.Errorf("node %s has no process", n.Name)
		}
		kib, err := proportional(m.Identity().PID)
		if err != nil {
			return 0, 0, err
		}
		machines += kib
	}
	spawner, err = proportional(backend.Spawner().PID)
	return machines, spawner, err
}
