package catalogue

import (
	"errors"
	"fmt"
	"strings"

	"showdown"
	"showdown/chaos"
)

// Agree fails where the page does not say of the actions what the code says, or has
// nothing measured of a step that the stage plays. Its error names every place.
func Agree(page string, stage *showdown.Stage, fidelity chaos.Fidelity) error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, name := range Undemonstrated(stage) {
		add("no step of the stage plays %s: give it a cell", name)
	}
	sections, known := sections(page), map[string]bool{"Overview": true, "Nothing": true}
	if sections["Nothing"] == "" || measured(sections["Nothing"]) == 0 {
		add("nothing is measured of a cell in which nothing happens")
	}
	for _, d := range chaos.Describe() {
		known[d.Name] = true
		section, ok := sections[d.Name]
		if !ok {
			add("%s has no section", d.Name)
			continue
		}
		if !strings.Contains(sections["Overview"], "\n"+overview(d)+"| ") {
			add("the overview does not say what %s does", d.Name)
		}
		said := Section(d, fidelity)
		if !strings.HasPrefix(section, said) {
			add("the section of %s is not what the code says, which is:\n%s", d.Name, said)
			continue
		}
		problems = append(problems, agreeSteps(d.Name, section, stage)...)
	}
	for name := range sections {
		if !known[name] {
			add("%s has a section and is no action", name)
		}
	}
	return errors.Join(problems...)
}

// agreeSteps looks for what was measured of each step that plays the action.
func agreeSteps(action, section string, stage *showdown.Stage) (problems []error) {
	for _, c := range stage.Cells {
		for _, s := range c.Timeline {
			if s.Do != action || Helper(s) {
				continue
			}
			head := Played(c, s)
			_, rest, ok := strings.Cut(section, head)
			rest, _, _ = strings.Cut(rest, "**Played in")
			switch {
			case !ok:
				problems = append(problems, fmt.Errorf("%s: nothing is measured of what the stage plays now: %s", action, head))
			case measured(rest) == 0:
				problems = append(problems, fmt.Errorf("%s: the table of cell %s has no row", action, c.Name))
			case !strings.Contains(rest, "**The probe saw:** "):
				problems = append(problems, fmt.Errorf("%s: cell %s does not say what the probe saw", action, c.Name))
			}
		}
	}
	return problems
}

// sections are the sections of a page by their titles.
func sections(page string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split("\n"+page, "\n## ")[1:] {
		title, _, _ := strings.Cut(part, "\n")
		out[title] = "## " + part
	}
	return out
}

// measured is how many rows the tables of what clients saw have in a text.
func measured(text string) int {
	rows := 0
	for {
		_, rest, ok := strings.Cut(text, tableHead)
		if !ok {
			return rows
		}
		for strings.HasPrefix(rest, "| ") {
			rows++
			_, rest, _ = strings.Cut(rest, "\n")
		}
		text = rest
	}
}
