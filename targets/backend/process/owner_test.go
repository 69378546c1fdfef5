package process_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"showdown/targets/backend/process"
	"showdown/targets/cloud"
	"showdown/targets/journal"
)

// estate is what an owner has made.
type estate struct {
	Spawner  cloud.Identity
	Machines []cloud.Identity
}

// owner is a process that runs a lab of three machines and never ends by itself:
// what showdown is to its tests. With "reverter" it has one.
func owner(ctx context.Context, args []string) error {
	dir, run := args[0], args[1]
	slot, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	j, err := journal.Open(dir, run)
	if err != nil {
		return err
	}
	if len(args) > 3 && args[3] == "reverter" {
		if _, err := process.StartReverter(ctx, self("reverter", dir), dir); err != nil {
			return err
		}
	}
	b, err := process.Start(ctx, process.Config{Command: self("spawner"), Journal: j})
	if err != nil {
		return err
	}
	e := estate{Spawner: b.Spawner()}
	for n := range 3 {
		m, err := b.Start(ctx, config(slot, n))
		if err != nil {
			return err
		}
		if n == 1 { // one is stopped, and would not notice anything
			if err := m.Pause(ctx); err != nil {
				return err
			}
		}
		e.Machines = append(e.Machines, m.Identity())
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	fmt.Println(string(data))
	select {}
}
