package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/results/analysis"
	"showdown/targets/cloud/ec2"
	"showdown/targets/journeys"
)

// target is what a TARGET of the command line means: a stage, or a journey of
// several that are recorded together.
type target struct {
	journeys.Journey
	// journey is false for a stage that was named by itself.
	journey bool
}

// comparisons are the journey's claims that compare stages which are all there.
func (t target) comparisons() []showdown.Claim {
	return slices.DeleteFunc(slices.Clone(t.Claims), func(c showdown.Claim) bool { return len(t.Missing(c)) > 0 })
}

// known is what stage files may refer to.
func known() journeys.Known {
	var types []string
	for _, t := range ec2.Types() {
		types = append(types, t.Name)
	}
	return journeys.Known{
		Types: types,
		Apps:  []string{"clock"},

		Program: programIsThere,
		Claim: func(s *showdown.Stage, c showdown.Claim) error {
			_, err := analysis.CompileFor(s, c)
			return err
		},
		Comparison: analysis.CompileComparison,
		StopIf: func(_ *showdown.Stage, _ *showdown.Cell, condition string) error {
			_, err := analysis.CompileCondition(condition)
			return err
		},
	}
}

// resolve is the target of that name.
func resolve(name string) (target, error) {
	builtin, err := journeys.Builtin(known())
	if err != nil {
		return target{}, err
	}
	for _, j := range builtin {
		if j.Name == name {
			return target{Journey: j, journey: true}, nil
		}
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		j, err := journeys.LoadFolder(name, known())
		if err != nil {
			return target{}, &failure{code: exitUsage, err: err}
		}
		return target{Journey: j, journey: true}, nil
	}
	stages, err := journeys.Resolve(name, known())
	if err != nil {
		f := &failure{code: exitUsage, err: err}
		// A file that is wrong says itself what to do; a name that is not there does not.
		if !errors.As(err, new(journeys.Problems)) {
			f.hint = "showdown list prints the stages that come with the program"
		}
		return target{}, f
	}
	return target{Journey: journeys.Journey{Name: stages[0].Journey, Title: stages[0].Title, Stages: stages}}, nil
}

// targets are the command's arguments, resolved; at least one is wanted.
func targets(c *cli.Context) ([]target, error) {
	if !c.Args().Present() {
		return nil, misuse("showdown "+c.Command.Name+" whatsthetime/single; showdown list prints what there is",
			"%s: want a journey, a stage, a stage file or a folder", c.Command.Name)
	}
	var out []target
	for _, name := range c.Args().Slice() {
		t, err := resolve(name)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func (t *terminal) completeTargets(c *cli.Context) {
	cli.DefaultCompleteWithFlags(c.Command)(c)
	if last := os.Args[len(os.Args)-1]; len(os.Args) > 1 && strings.HasPrefix(last, "-") && last != "--generate-bash-completion" {
		return
	}
	builtin, err := journeys.Builtin(known())
	if err != nil {
		return
	}
	for _, j := range builtin {
		fmt.Fprintln(t.stdout, j.Name)
		for _, s := range j.Stages {
			fmt.Fprintln(t.stdout, s.ID())
		}
	}
}
