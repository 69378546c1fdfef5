package journeys

import (
	"fmt"
	"os"

	"showdown"
)

// Load reads the stage file in data and fills in its defaults. source is the file's
// name for messages, and becomes the stage's Source. It fails with [Problems], all
// of them, and then returns no stage.
//
// Load finds what is wrong at every speed; [Validate] finds what is wrong at one.
func Load(data []byte, source string, known Known) (*showdown.Stage, error) {
	s, places, found, unclear := read(data, source)
	for _, f := range check(s, places, known) {
		f.path = places.inFile(f.path)
		if !unclear(f.path) {
			found = append(found, f)
		}
	}
	if err := found.problems(source, places).err(); err != nil {
		return nil, err
	}
	return s, nil
}

// LoadFile is [Load] of the file at path.
func LoadFile(path string, known Known) (*showdown.Stage, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read stage file: %w", err)
	}
	return Load(data, path, known)
}

// read decodes the file, fills in defaults and writes repeated steps out; it checks
// nothing else yet. The findings and unclear speak of paths of the file, while the stage
// may have more steps: places.inFile leads from one to the other.
func read(data []byte, source string) (*showdown.Stage, places, findings, func(path string) bool) {
	var s showdown.Stage
	places, found, unclear := decode(data, &s)
	s.Source = source
	setDefaults(&s, places)
	setProgramDefaults(&s, places)
	for _, f := range writeOut(&s, places) {
		if !unclear(f.path) {
			found = append(found, f)
		}
	}
	return &s, places, found, unclear
}
