package journeys

import (
	"testing"

	"github.com/invopop/jsonschema"

	"showdown"
)

// ownSchema adds to the schema what a field "app" may be: a name, or a program.
func ownSchema(t *testing.T, r *jsonschema.Reflector, s *jsonschema.Schema) {
	t.Helper()
	own := r.Reflect(&showdown.Program{}).Definitions["Program"]
	if own == nil {
		t.Fatal("there is no definition of a program")
	}
	own.Required = []string{"command"}
	command, _ := own.Properties.Get("command")
	one := uint64(1)
	command.MinItems, command.Examples = &one, []any{[]string{"./my-server", "--flag"}, []string{"python3", "server.py"}}
	health, _ := own.Properties.Get("health")
	health.Pattern = "^/"
	s.Definitions["Program"] = own
	for _, def := range []string{"Stage", "Instance"} {
		app, ok := s.Definitions[def].Properties.Get(appField)
		if !ok {
			t.Fatalf("the schema has no property %s.%s", def, appField)
		}
		app.Type, app.OneOf = "", []*jsonschema.Schema{
			{Type: "string", Enum: []any{DefaultApp}, Description: "A built-in application."},
			{Ref: "#/$defs/Program"},
		}
	}
}
