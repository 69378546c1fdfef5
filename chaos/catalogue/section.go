package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"showdown"
	"showdown/chaos"
)

// Section is what the code says of an action: the beginning of its section of the page.
func Section(d chaos.Description, fidelity chaos.Fidelity) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s: %s.\n\n", d.Name, kind(d.Kind), d.Does)
	b.WriteString("| | |\n|---|---|\n")
	target := "instances"
	if d.NoTarget {
		target = "none: it hits no instance"
	}
	row(&b, "target", target)
	row(&b, "undo", d.Undo)
	row(&b, "undone", end(d))
	row(&b, "the probe must see", d.Evidence)
	if d.Made != "" {
		row(&b, "how it is made here", d.Made)
	}
	for _, n := range d.Needs {
		sentence, ok := fidelity(n.What)
		if !ok {
			sentence = "this backend cannot"
		}
		name := "how it is made here"
		if n.With != "" {
			name += ", `" + n.With + "`"
		}
		row(&b, name, sentence)
	}
	b.WriteString("\n")
	if len(d.Params) == 0 {
		b.WriteString("It has no parameters.\n\n")
		return b.String()
	}
	b.WriteString("| parameter | is | may be | default |\n|---|---|---|---|\n")
	for _, p := range d.Params {
		row(&b, "`"+p.Name+"`", p.Does, d.Bounds[p.Name], standard(p))
	}
	b.WriteString("\n")
	return b.String()
}

// kind is a kind of actions at the beginning of a sentence.
func kind(k showdown.ActionKind) string {
	return strings.ToUpper(string(k[:1])) + string(k[1:])
}

// end is when an action is undone.
func end(d chaos.Description) string {
	switch {
	case d.NeedsFor:
		return "after its `for`, which it must have"
	case d.Undo == "nothing to undo":
		return "never: it is over at once"
	}
	return "after its `for`, or by the roll back"
}

func standard(p showdown.Param) string {
	switch {
	case p.Default != "":
		return "`" + p.Default + "`"
	case p.Optional:
		return "none; it may be left out"
	}
	return "none; it is required"
}

// Played is a step of the stage in a sentence, with what prepares it and what its cell
// says of itself.
func Played(c showdown.Cell, s showdown.Step) string {
	text := "**Played in cell `" + c.Name + "`"
	if c.Shows != "" {
		text += ", " + c.Shows
	}
	text += ":** " + deed(s)
	var prepared []string
	for _, other := range c.Timeline {
		if Helper(other) {
			prepared = append(prepared, deed(other))
		}
	}
	if len(prepared) > 0 {
		text += ", after " + strings.Join(prepared, " and ")
	}
	return text + "."
}

// deed is what a step does, in a few words.
func deed(s showdown.Step) string {
	text := "`" + s.Do + "`"
	if s.Target != "" {
		text += " on `" + string(s.Target) + "`"
	}
	params := showdown.Actions()[s.Do].Params
	var with []string
	chooses := slices.ContainsFunc(params, func(p showdown.Param) bool { return p.Kind == "choice" })
	for _, p := range params {
		// What stands beside a choice matters to one of the choices alone.
		if v, ok := s.With[p.Name]; ok && (!chooses || p.Kind == "choice" || v != p.Default) {
			with = append(with, fmt.Sprintf("`%s: %s`", p.Name, v))
		}
	}
	if len(with) > 0 {
		text += " with " + strings.Join(with, ", ")
	}
	if s.For > 0 {
		text += " for " + s.For.String()
	}
	return text
}

// row writes a line of a table.
func row(b *strings.Builder, columns ...string) {
	for _, c := range columns {
		b.WriteString("| " + strings.ReplaceAll(c, "|", "\\|") + " ")
	}
	b.WriteString("|\n")
}
