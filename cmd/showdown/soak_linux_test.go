package main

import (
	"cmp"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/targets/journeys"
)

// soakSpeed is the speed of the stages that are killed: they are written for it.
const soakSpeed = 120

// soakStages are the stages that are killed, with the paths of their files.
func soakStages(t *testing.T) (stages []*showdown.Stage, paths map[string]string) {
	t.Helper()
	paths = map[string]string{}
	machine := filepath.Join(t.TempDir(), "kill.yaml")
	if err := os.WriteFile(machine, []byte(killStage), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "soak", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, machine) {
		s, err := journeys.LoadFile(path, known())
		if err != nil {
			t.Fatal(err)
		}
		stages = append(stages, s)
		paths[s.Name] = path
	}
	return stages, paths
}

// TestSoakStages keeps the stages that are killed whole: every action is in one of
// them, and whatever else can leave something behind.
func TestSoakStages(t *testing.T) {
	t.Parallel()
	clock, err := showdown.NewClock(soakSpeed)
	if err != nil {
		t.Fatal(err)
	}
	missing := showdown.Actions()
	kinds := map[string]int{
		"names": 0, "security groups": 0, "side by side": 0, "groups of cells": 0, "during": 0, "after": 0, "jitter": 0, "repeat": 0,
		"aliases": 0, "load balancers": 0, "scaling groups": 0, "warm pools": 0, "several zones": 0,
	}
	// Every choice of how a zone fails and comes back is made somewhere.
	for _, p := range missing["fail-az"].Params {
		for _, choice := range p.Choices {
			kinds[p.Name+" "+choice] = 0
		}
	}
	for _, what := range []string{zoneReturn, refreshes, launches, terminates, drains, withdrawn} {
		kinds[what] = 0
	}
	stages, _ := soakStages(t)
	for _, s := range stages {
		for _, what := range goingsOn(s) {
			kinds[what]++
		}
		if err := journeys.Validate(s, clock); err != nil {
			t.Error(err)
		}
		groups := journeys.Groups(s, clock)
		kinds["groups of cells"] += len(groups) - 1
		kinds["side by side"] += len(groups[0]) - 1
		for i := range s.Cells {
			c := &s.Cells[i]
			if length := c.Traffic.Length(clock); length > 4*time.Second {
				t.Errorf("%s: cell %s plays for %v, more than 4 s", s.Name, c.Name, length)
			}
			countTopology(c.Topology, kinds)
			for _, step := range c.Timeline {
				delete(missing, step.Do)
				for _, p := range showdown.Actions()[step.Do].Params {
					if choice := cmp.Or(step.With[p.Name], p.Default); step.Do == "fail-az" && len(p.Choices) > 0 {
						kinds[p.Name+" "+choice]++
					}
				}
				for kind, is := range map[string]bool{
					"during": step.During != "", "after": step.After != "", "jitter": step.Jitter > 0,
					"repeat": strings.ContainsAny(step.Letter, "0123456789"), // it is written out
				} {
					if is {
						kinds[kind]++
					}
				}
			}
		}
	}
	for name := range missing {
		t.Errorf("no stage does %s", name)
	}
	for kind, n := range kinds {
		if n == 0 {
			t.Errorf("no stage has %s", kind)
		}
	}
}

// countTopology counts what a topology has that can leave something behind.
func countTopology(t showdown.Topology, kinds map[string]int) {
	zones := map[string]bool{}
	for _, in := range t.AllInstances() {
		zones[in.Zone] = true
	}
	for kind, has := range map[string]bool{
		"names":           t.HostedZone != nil,
		"aliases":         t.HostedZone != nil && slices.ContainsFunc(t.HostedZone.Records, func(r showdown.RecordSet) bool { return r.Alias != "" }),
		"security groups": len(t.SecurityGroups) > 0,
		"load balancers":  len(t.LoadBalancers) > 0,
		"scaling groups":  len(t.AutoScalingGroups) > 0,
		"warm pools":      slices.ContainsFunc(t.AutoScalingGroups, func(g showdown.AutoScalingGroup) bool { return g.WarmPool != nil }),
		"several zones":   len(zones) > 1,
	} {
		if has {
			kinds[kind]++
		}
	}
}

// TestKilledAnywhere kills the program, its helpers, a machine or a balancer's node at random moments of
// random stages, and looks for what is left: processes, listeners, locks, pending
// journals, an unreadable record; and then the next run must be none the worse.
// SHOWDOWN_SOAK is how often, 5 by default. From 150 on every step of every stage must
// have been hit, before, in or after it.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	const all = 150
	times := 5
	if n, err := strconv.Atoi(os.Getenv("SHOWDOWN_SOAK")); err == nil && n > 0 {
		times = n
	}
	seed := uint64(time.Now().UnixNano())
	if n, err := strconv.ParseUint(os.Getenv("SHOWDOWN_SOAK_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("SHOWDOWN_SOAK_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	stages, paths := soakStages(t)
	hit := newMoments(stages)
	// Each victim gets its turns, in another order each time.
	var victims []string
	killed := map[string]int{}
	for left := times; left > 0; left-- {
		if len(victims) == 0 {
			victims = []string{"showdown", "showdown", "showdown", "showdown and reverter", "reverter", "spawner", "machine", "node"}
			random.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		}
		stage, aim := hit.next(random, left)
		k := kill{program: newProgram(t), stage: stage, victim: victims[0]}
		hit.add(stage, k.once(paths[stage.Name], aim, random))
		killed[victims[0]]++
		victims = victims[1:]
	}
	t.Logf("killed: %v; the moments hit:\n%s", killed, hit)
	if never := hit.never(); times >= all && len(never) > 0 {
		t.Errorf("%d kills never hit these steps: %s", times, strings.Join(never, "; "))
	}
}
