package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/results"
	"showdown/targets/lab"
)

// demoJourney is the journey that the demo plays.
const demoJourney = "whatsthetime"

func (t *terminal) demoCommand() *cli.Command {
	return &cli.Command{
		Name:         "demo",
		Usage:        "play the " + demoJourney + " journey and tell its story",
		Description:  "Plays every stage of WhatIsTheTime.com, says between the stages what a teacher\nwould say, and ends in one table.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			speedFlag(), seedFlag(), outFlag(), jsonFlag(), quietFlag(), noColorFlag(), metricsFlag(), lingerFlag(), serveFlag(), listenFlag(), publicURLFlag(), remoteWriteFlag(), liveGrafanaFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			target, err := resolve(demoJourney)
			if err != nil {
				return err
			}
			if err := playable(c, target); err != nil {
				return err
			}
			return t.withPlayer(c, func(p *player) error {
				story := &story{t: t, c: c}
				if !c.Bool("json") {
					story.opening(target.Title, target.Opening)
					p.before, p.after = story.before, story.after
				}
				p.page.journey(target)
				j, err := p.journey(target)
				if j != nil && c.Bool("json") {
					if encodeErr := t.document(j); encodeErr != nil {
						return encodeErr
					}
				}
				if err != nil {
					return err
				}
				run, err := p.store.Resolve(j.Run)
				if err == nil {
					err = t.keepPage(c, run)
				}
				if err != nil {
					return err
				}
				if code := verdictCode(j.Verdict); code != exitHeld {
					return verdict(code)
				}
				return nil
			})
		},
	}
}

// story is what the demo says between the stages: the few sentences of a teacher,
// and what was measured.
type story struct {
	t *terminal
	c *cli.Context
	// last is the stage before, once there is one.
	last *showdown.Stage
}

const storyWidth = 78

func (s *story) say(text string) {
	for _, line := range wrap(text, storyWidth) {
		fmt.Fprintln(s.t.stdout, line)
	}
}

func (s *story) opening(title, text string) {
	fmt.Fprintln(s.t.stdout, s.paint(bold, title))
	s.say(text)
}

func (s *story) before(stage *showdown.Stage, number, of int) {
	fmt.Fprintf(s.t.stdout, "\n%s\n", s.paint(bold, fmt.Sprintf("%d/%d  %s", number, of, stage.Title)))
	s.say(stage.Promise)
	fmt.Fprintln(s.t.stdout)
	if stage.Teach.Cures != "" {
		s.say("It cures: " + stage.Teach.Cures)
	}
	s.say(s.price(stage))
	fmt.Fprintln(s.t.stdout)
	s.say(stage.Teach.Before)
	s.last = stage
}

// price is what the base cell of a stage costs before any traffic, beside the stage
// before it.
func (s *story) price(stage *showdown.Stage) string {
	now, ok := estimate(stage)
	if !ok {
		return ""
	}
	words := fmt.Sprintf("It costs $%.2f a month before traffic", now)
	if s.last == nil {
		return words + "."
	}
	before, ok := estimate(s.last)
	switch d := now - before; {
	case !ok:
		return words + "."
	case d >= cent:
		return fmt.Sprintf("%s, $%.2f more than %s.", words, d, s.last.Name)
	case d <= -cent:
		return fmt.Sprintf("%s, $%.2f less than %s.", words, -d, s.last.Name)
	}
	return fmt.Sprintf("%s, as much as %s.", words, s.last.Name)
}

// cent is the least difference of two prices that is said.
const cent = 0.005

func estimate(stage *showdown.Stage) (month float64, ok bool) {
	base, ok := stage.Cell(showdown.BaseCell)
	if !ok {
		return 0, false
	}
	bill, err := lab.Estimate(base.Topology)
	return bill.MonthUSD(), err == nil
}

func (s *story) after(stage *showdown.Stage, r *results.Summary) {
	fmt.Fprintln(s.t.stdout)
	for _, f := range r.Faults {
		s.fault(r, f)
	}
	fmt.Fprintln(s.t.stdout)
	for _, c := range r.Claims {
		s.claim(c)
	}
	fmt.Fprintln(s.t.stdout)
	s.say(stage.Teach.After)
}

func (s *story) fault(r *results.Summary, f results.Fault) {
	outage := 0.0
	for _, o := range r.Downtime.Outages {
		if o.Cause == f.Letter {
			outage += o.Seconds
		}
	}
	said := "nobody noticed"
	switch code, _ := f.Facts["code"].(string); {
	case f.Error != "":
		said = "failed: " + f.Error
	case !f.Confirmed:
		said = "the probe did not see it"
	case outage > 0:
		said = fmt.Sprintf("no answer for %s (%.2f s here), %d requests failed", seconds(outage), outage/r.Speed, f.Failed)
	case code != "" && f.Failed == 0:
		said = "AWS refused: " + code
	case f.Failed > 0:
		said = fmt.Sprintf("%d requests failed", f.Failed)
	}
	fmt.Fprintf(s.t.stdout, "  %s  %s %s at %s: %s\n", f.Letter, f.Called(), f.Target, seconds(f.PlannedS), said)
}

func (s *story) claim(c results.ClaimResult) {
	const (
		indent = "                 "
		short  = 3 // the notes' own ids; a claim of a stage's own has a line to itself
	)
	head := fmt.Sprintf("  %s  %-3s  ", s.paint(verdictStyle(c.Verdict), fmt.Sprintf("%-8s", c.Verdict)), c.ID)
	if len(c.ID) > short {
		fmt.Fprintln(s.t.stdout, strings.TrimRight(head, " "))
		head = indent
	}
	for _, line := range wrap(c.Text, storyWidth-len(indent)) {
		fmt.Fprintln(s.t.stdout, head+line)
		head = indent
	}
	for _, clause := range strings.Split(c.Measured, "; ") {
		for _, line := range wrap(clause, storyWidth-len(indent)) {
			fmt.Fprintln(s.t.stdout, indent+s.paint(faint, line))
		}
	}
}

// The styles of the story, as SGR parameters.
const (
	bold  = "1"
	faint = "2"
)

// verdictStyle is the style of a verdict; the word beside it says the same.
func verdictStyle(v showdown.Verdict) string {
	switch v {
	case showdown.Held:
		return "32;1"
	case showdown.Deviated:
		return "31;1"
	}
	return "33;1"
}

func (s *story) paint(style, text string) string {
	if s.t.colour(s.c, s.t.stdout) {
		return "\x1b[" + style + "m" + text + "\x1b[0m"
	}
	return text
}

// seconds is a length of AWS time in whole seconds: "1m28s".
func seconds(s float64) string {
	return showdown.Duration(int64(s+0.5) * int64(showdown.Second)).String()
}

// wrap breaks text into lines of at most width characters. Empty lines separate
// paragraphs.
func wrap(text string, width int) []string {
	var lines []string
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			lines = append(lines, "")
		}
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
				lines, line = append(lines, line), ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		lines = append(lines, line)
	}
	return lines
}
