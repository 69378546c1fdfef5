package journeys

import (
	_ "embed"
	"slices"
)

// schemaJSON is written from the types of the root package by the test of this
// file's name ("go test -run Schema -update").
//
//go:embed schema.json
var schemaJSON []byte

// Schema is the JSON Schema (draft 2020-12) of the stage format, for editors that
// complete and check YAML. It knows the shape of a file; what depends on several
// places in it, [Load] checks alone.
func Schema() []byte { return slices.Clone(schemaJSON) }
