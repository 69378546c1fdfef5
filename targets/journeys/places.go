package journeys

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"showdown"
)

// placesOf is where the parts of a stage that was read earlier stand in its file,
// for the paths of found. It is empty when the file is gone. Cells are found by
// name, since a stage may have fewer than its file: a run can pick some.
func placesOf(s *showdown.Stage, found findings) places {
	out := newPlaces()
	data, err := readSource(s.Source)
	if err != nil {
		out.values[""] = place{}
		return out
	}
	inFile, all, _, _ := read(data, s.Source)
	number := map[string]int{}
	for i := range inFile.Cells {
		number[inFile.Cells[i].Name] = i
	}
	for _, f := range found {
		path := f.path
		for i := range s.Cells {
			here := element("cells", i)
			if rest, ok := strings.CutPrefix(path, here); ok {
				n, ok := number[s.Cells[i].Name]
				if !ok {
					break
				}
				path = element("cells", n) + rest
				break
			}
		}
		out.values[f.path] = all.find(all.inFile(path), f.key)
	}
	return out
}

// readSource is the text of the file that a stage names as its source.
func readSource(source string) ([]byte, error) {
	if name, ok := strings.CutPrefix(source, builtinPrefix); ok {
		return fs.ReadFile(builtin, name)
	}
	info, err := os.Stat(source)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is not a stage file", source)
	}
	return os.ReadFile(source)
}
