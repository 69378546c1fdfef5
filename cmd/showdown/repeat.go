package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/results"
	"showdown/results/compare"
	"showdown/results/report"
)

func repeatFlag() cli.Flag {
	return &cli.IntFlag{
		Name: "repeat", EnvVars: []string{"SHOWDOWN_REPEAT"}, Value: 1,
		Usage: "play `N` times, several targets in turn, each time with another seed, and print medians with their intervals",
	}
}

// mostRepeats bounds --repeat: the table of seeds and values is kept in memory.
const mostRepeats = 1000

func repeatsOf(c *cli.Context) (int, error) {
	n := c.Int("repeat")
	if n < 1 || n > mostRepeats {
		return 0, misuse("5 runs can tell a difference from chance; 6 give an interval at 95 %", "--repeat: %d is outside 1 to %d", n, mostRepeats)
	}
	return n, nil
}

// repetition is a target with what its runs showed so far.
type repetition struct {
	played
	target  target
	group   *results.Group
	verdict showdown.Verdict
}

// seedOf is the seed of the k-th repetition from 0: that of the first is the seed asked for,
// so that it can be played alone.
func seedOf(seed uint64, k int) uint64 { return seed + uint64(k) }

// repeat plays the targets n times in turn: A B A B, so that what changes on the machine
// meanwhile meets all of them alike. What was finished when it ends early is kept and
// summed up.
func (p *player) repeat(wanted []target, n int, against *against) error {
	list := make([]*repetition, len(wanted))
	for i, t := range wanted {
		list[i] = &repetition{target: t}
	}
	p.silent = true
	err := p.repetitions(list, n)
	code, documents, groups := exitHeld, []any(nil), []string(nil)
	for _, r := range list {
		if len(r.runs)+len(r.journeys) == 0 {
			continue
		}
		document, judgeErr := p.repeated(r, n, against)
		if err = errors.Join(err, judgeErr); document != nil {
			documents = append(documents, document)
		}
		code = worse(code, verdictCode(r.verdict))
		groups = append(groups, r.group.Group)
	}
	switch {
	case len(groups) == 1:
		p.t.progress(p.c, "the runs are listed in %s", quoted(p.store.GroupPath(groups[0])))
	case len(groups) > 1:
		p.t.progress(p.c, "showdown compare %s puts them side by side", strings.Join(groups, " "))
	}
	if err := errors.Join(err, p.t.documents(p.c, documents)); err != nil {
		return err
	}
	if code != exitHeld {
		return verdict(code)
	}
	return nil
}

// repetitions plays all of them, until one fails or the program is interrupted.
func (p *player) repetitions(list []*repetition, n int) error {
	seed, started := p.seed, time.Now()
	for k := range n {
		for _, r := range list {
			if err := context.Cause(p.ctx); err != nil {
				return err
			}
			p.seed = seedOf(seed, k)
			p.t.progress(p.c, "run %d of %d: %s with seed %d", k+1, n, r.target.id(), p.seed)
			document, result, err := p.target(r.target)
			if err != nil {
				return err
			}
			if err := r.keep(p, document, results.Group{Repeat: n, Seed: seed, Started: started}); err != nil {
				return err
			}
			r.verdict = r.verdict.Worse(result)
		}
	}
	return nil
}

// id is what a target is called: "whatsthetime/vertical".
func (t target) id() string {
	if t.journey || len(t.Stages) == 0 {
		return t.Name
	}
	return t.Stages[0].ID()
}

// keep notes a run that was finished. The first one makes the group, from what is known of
// it.
func (r *repetition) keep(p *player, document any, g results.Group) error {
	var run results.GroupRun
	switch s := document.(type) {
	case *results.Summary:
		r.runs = append(r.runs, s)
		run = results.GroupRun{Run: s.Run, Seed: s.Seed}
	case *results.JourneySummary:
		r.journeys = append(r.journeys, s)
		run = results.GroupRun{Run: s.Run, Seed: p.seed}
	}
	if r.group == nil {
		g.Target, g.Journey, g.Command = r.target.id(), r.target.journey, append([]string{"showdown"}, commandLine(p.c)...)
		r.group = &g
		name := r.target.Name
		if !r.target.journey {
			name = r.target.Stages[0].Journey + "-" + r.target.Stages[0].Name
		}
		if err := p.store.CreateGroup(name, r.group); err != nil {
			return err
		}
	}
	r.group.Runs = append(r.group.Runs, run)
	return p.store.WriteGroup(r.group)
}

// repeated reports the runs of a target together and returns its JSON document: the last
// run's, with the spread of each number.
func (p *player) repeated(r *repetition, n int, against *against) (any, error) {
	colour := p.t.colour(p.c, p.t.stdout)
	text := !p.c.Bool("json")
	var (
		document any
		err      error
	)
	if done := len(r.runs) + len(r.journeys); done < n {
		p.t.progress(p.c, "%d of %d runs of %s were finished", done, n, r.target.id())
	}
	if len(r.runs) > 0 {
		s := *r.runs[len(r.runs)-1]
		s.Repeats, s.Group = compare.Repeats(r.runs), r.group.Group
		if text {
			err = report.Repeats(p.t.stdout, r.runs, colour)
		}
		s.Against = against.judge(r.played)
		r.verdict = r.verdict.Worse(worstOf(s.Against))
		s.Verdict, document = r.verdict, &s
		err = errors.Join(err, p.sayAgainst(against, s.Against, r.played))
	} else {
		j := *r.journeys[len(r.journeys)-1]
		j.Repeats, j.Group = compare.JourneyRepeats(r.journeys), r.group.Group
		if text {
			err = report.JourneyRepeats(p.t.stdout, r.journeys, colour)
		}
		j.Against = against.judge(r.played)
		r.verdict = r.verdict.Worse(worstOf(j.Against))
		j.Verdict, document = r.verdict, &j
		err = errors.Join(err, p.sayAgainst(against, j.Against, r.played))
	}
	if text {
		fmt.Fprintln(p.t.stdout)
	}
	return document, err
}
