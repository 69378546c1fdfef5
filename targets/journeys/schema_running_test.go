package journeys

import (
	"github.com/invopop/jsonschema"

	"showdown"
)

// describeRunning says in the schema what a running system has: its targets in place of a
// topology, and commands in place of actions.
func describeRunning(s *jsonschema.Schema) {
	property := func(def, name string) *jsonschema.Schema {
		p, _ := s.Definitions[def].Properties.Get(name)
		return p
	}
	command := func() *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/Command"} }
	s.Definitions["Cell"].OneOf = []*jsonschema.Schema{{Required: []string{"topology"}}, {Required: []string{"targets"}}}
	s.Definitions["Target"].Required = []string{"name", "url"}
	property("Target", "name").Pattern = namePattern.String()
	s.Definitions["Command"].Required = []string{"run"}
	s.Definitions["Probe"].OneOf = []*jsonschema.Schema{
		{Required: []string{"http"}}, {Required: []string{"tcp"}}, {Required: []string{"dns"}}, {Required: []string{"run"}},
	}
	expect := property("Probe", "expect")
	expect.Type, expect.OneOf = "", []*jsonschema.Schema{{Type: "string"}, {Type: "integer", Minimum: "100", Maximum: "599"}}
	for _, p := range []*jsonschema.Schema{property("Command", "run"), property("Probe", "run")} {
		one := uint64(1)
		p.MinItems = &one
		p.Items = &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
	}
	do := property("Step", "do")
	do.Ref, do.Description = "", "Do is the action's name, or in a running system a command of one's own."
	do.OneOf = []*jsonschema.Schema{{Type: "string", Enum: texts(sortedKeys(showdown.Actions()))}, command()}
	undo := property("Step", "undo")
	undo.Ref, undo.Description = "", "Undo is the command that takes back what a command of one's own did, or none where there is nothing to take back."
	undo.OneOf = []*jsonschema.Schema{{Type: "string", Const: showdown.NoUndo}, command()}
}
