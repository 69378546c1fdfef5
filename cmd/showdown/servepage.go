package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"showdown/dashboards/live"
	"showdown/play"
	"showdown/results"
	"showdown/targets/lab"
)

func serveFlag() cli.Flag {
	return &cli.BoolFlag{Name: "serve", EnvVars: []string{"SHOWDOWN_SERVE"}, Usage: "show the run on the live page, which only looks on"}
}

// runPage is the live page over the runs of one command. A nil runPage shows nothing.
type runPage struct {
	hub    *live.Hub
	stop   context.CancelFunc
	served chan error
	linger time.Duration
	say    func(format string, args ...any)
}

// servePage serves the page where --serve asks for it, or where there is a lab that takes
// commands; else it is nil.
func (t *terminal) servePage(c *cli.Context, m *metrics, control live.Control) (*runPage, error) {
	if !c.Bool("serve") && control == nil {
		return nil, nil
	}
	hub := live.NewHub(time.Now)
	page, err := t.serve(c, hub, m.options(live.Options{Control: control}))
	if err != nil {
		return nil, err
	}
	// The page shows how an interrupted run heals, so that it ends after it.
	ctx, stop := context.WithCancel(context.WithoutCancel(c.Context))
	p := &runPage{
		hub: hub, stop: stop, served: make(chan error, 1), linger: c.Duration("linger"),
		say: func(format string, args ...any) { t.progress(c, format, args...) },
	}
	go func() { p.served <- page.Run(ctx) }()
	return p, nil
}

// journey tells the page which stages a target has, so that it can say which of them is on.
func (p *runPage) journey(target target) {
	if p == nil {
		return
	}
	var refs []live.StageRef
	for _, s := range target.Stages {
		refs = append(refs, live.StageRef{Name: s.Name, Title: s.Title})
	}
	p.hub.Journey(refs)
}

// watch has the page look at a stage that is about to be played.
func (p *runPage) watch(config *play.Config) {
	if p == nil {
		return
	}
	p.hub.Stage(config.Stage, config.Clock, config.Cells)
	config.Observers = append(config.Observers, p.hub)
	config.Step = both(config.Step, func(s play.Step) { p.hub.Step(string(s)) })
	before := config.Started
	config.Started = func(run string, cost map[string]results.Cost) {
		if before != nil {
			before(run, cost)
		}
		// What load takes is not known before there is any.
		month := map[string]float64{}
		for i := range config.Stage.Cells {
			c := &config.Stage.Cells[i]
			if _, billed := cost[c.Name]; !billed {
				continue
			}
			if bill, err := lab.Estimate(c.Topology); err == nil {
				month[c.Name] = bill.MonthUSD()
			}
		}
		p.hub.Started(run, month)
	}
}

// both calls two functions, the first of which may be nil.
func both(first, second func(play.Step)) func(play.Step) {
	if first == nil {
		return second
	}
	return func(s play.Step) {
		first(s)
		second(s)
	}
}

// Close serves for --linger more, so that the end is seen, and then ends the page.
func (p *runPage) Close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.hub.Step("over")
	if p.linger > 0 {
		p.say("serving the page for %s more", p.linger)
		select {
		case <-ctx.Done():
		case <-time.After(p.linger):
		}
	}
	p.stop()
	return <-p.served
}
