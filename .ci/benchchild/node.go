//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// nodeRun is a load balancer's node that serves.
type nodeRun struct {
	Address string
	PID     int
}

// node runs a load balancer's node as a lab does, as a machine's process of the
// spawner, in front of the targets that its arguments name, and says where it is. It
// ends with its standard input.
func node(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("node", flag.ExitOnError)
	binary := flags.String("showdown", "", "the program whose hidden commands are the spawner and the machines")
	flags.Parse(args)
	h, err := startHarness(ctx, *binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(ctx))) }()
	dir, err := journal.Dir()
	if err != nil {
		return err
	}
	slot, err := journal.AcquireSlot(dir)
	if err != nil {
		return err
	}
	defer slot.Release()
	private, err := journal.Address(slot.Number(), journal.RolePrivate, 0, 0)
	if err != nil {
		return err
	}
	b := cloud.Balancer{
		Name: "web", Idle: time.Second, Connect: time.Second, Secret: "bench",
		Listeners: []cloud.BalancerListener{{Port: cloud.Port, Forward: []showdown.Forward{{TargetGroup: "web", Weight: 1}}}},
		Groups: []cloud.BalancerGroup{{
			Name: "web", Algorithm: showdown.RoundRobin, CrossZone: true,
			Check: cloud.BalancerCheck{
				Path: "/", Interval: time.Second / 2, Timeout: time.Second / 12, Healthy: 5, Unhealthy: 2, First: 1, Matcher: "200",
			},
		}},
	}
	for i, address := range flags.Args() {
		b.Groups[0].Targets = append(b.Groups[0].Targets, cloud.BalancerTarget{
			Name: "web-" + strconv.Itoa(i+1), Address: address, Zone: "us-east-1a", Known: true, Registered: time.Now(),
		})
	}
	m, err := h.backend.Start(ctx, cloud.MachineConfig{
		Name: "lb-1a", Lab: showdown.BaseCell, Zone: "us-east-1a", Private: private.String(), Port: cloud.Port,
		Speed: speed, Seed: 1, Balancer: &b,
	})
	if err != nil {
		return err
	}
	if err := say(nodeRun{net.JoinHostPort(private.String(), strconv.Itoa(cloud.Port)), m.Identity().PID}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
