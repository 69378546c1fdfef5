package report

import (
	"fmt"
	"io"
	"strings"
)

// Chapter writes a journey as a chapter of course material, in Markdown: a section for each
// stage with what a teacher says, what was measured, and how it differs from the stage
// before. Link is the address of a figure beside the chapter, of the journey where stage is empty;
// an empty address leaves it out. A figure has its title and its caption inside.
func Chapter(w io.Writer, p JourneyPage, link func(stage string, plate Plate) string) error {
	c := p.chapter()
	var b strings.Builder
	blocks := func(d document, level int) {
		if len(d) == 0 {
			return
		}
		_ = markdownAt(&b, d, level) // a builder takes everything
		b.WriteByte('\n')
	}
	say := func(text string) {
		if text = strings.TrimSpace(text); text == "" {
			return
		}
		for _, paragraph := range strings.Split(text, "\n\n") {
			fmt.Fprintf(&b, "%s\n\n", escape(paragraph))
		}
	}
	plates := func(stage string, plates []Plate) {
		for _, plate := range plates {
			to := link(stage, plate)
			if to == "" {
				continue
			}
			fmt.Fprintf(&b, "![%s](%s)\n\n", escape(plate.Title), to)
		}
	}
	one := func(plate *Plate) []Plate {
		if plate == nil {
			return nil
		}
		return []Plate{*plate}
	}
	fmt.Fprintf(&b, "# %s\n\n", escape(c.Title))
	say(c.Opening)
	say(c.Sentence)
	plates("", one(c.Strip))
	b.WriteString("## The stages side by side\n\n")
	blocks(c.Table, 3)
	plates("", c.Plates)
	for i, s := range c.Stages {
		fmt.Fprintf(&b, "## %d. %s\n\n", i+1, escape(s.Title))
		say(s.Promise)
		if s.Cures != "" {
			say("It cures: " + s.Cures)
		}
		say(s.Than)
		say(s.Before)
		plates(p.Stages[i].Summary.Stage, one(s.Strip))
		say(s.Sentence)
		for _, r := range s.Reasons {
			say("! " + r)
		}
		if len(s.Faults) > 0 {
			b.WriteString("### What was done\n\n")
			blocks(s.Faults, 4)
		}
		plates(p.Stages[i].Summary.Stage, s.Plates)
		if len(s.Claims) > 0 {
			b.WriteString("### Claims\n\n")
			blocks(s.Claims, 4)
		}
		say(s.After)
	}
	if len(c.Claims) > 0 {
		b.WriteString("## Claims that compare stages\n\n")
		blocks(c.Claims, 3)
	}
	blocks(c.Pillars, 2)
	if m := p.Manifest; m != nil {
		say(fmt.Sprintf("Made from a run of %s at speed %g with seed %d, showdown %s, on %d CPUs, %s %s.",
			m.Started.UTC().Format("2006-01-02"), m.Speed, m.Seed, showdownVersion(m.Machine.Tool), m.Machine.CPUs, m.Machine.OS, m.Machine.Go))
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func showdownVersion(tool string) string {
	if tool == "" {
		return "of unknown version"
	}
	return tool
}
