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
	s, places, found := read(data, source)
	if !broken(found) {
		found = append(found, check(s, places, known)...)
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

// read decodes the file and fills in defaults; it checks nothing yet.
func read(data []byte, source string) (*showdown.Stage, places, findings) {
	var s showdown.Stage
	places, found := decode(data, &s)
	s.Source = source
	setDefaults(&s, places)
	return &s, places, found
}

// broken says that so much is wrong with the text that what it means cannot be
// judged: further complaints would only follow from the first.
func broken(found findings) bool {
	for _, f := range found {
		if f.path == "" {
			return true
		}
	}
	return false
}
