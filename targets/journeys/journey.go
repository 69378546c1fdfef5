package journeys

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"showdown"
)

// Journey is an application and the stages it grows through, in order.
type Journey struct {
	Name  string
	Title string
	// Opening is what the teacher says before the first stage.
	Opening string
	Stages  []*showdown.Stage
	// Claims are those that compare stages. One whose stages are not all there waits
	// for them.
	Claims []showdown.Claim
}

// Missing is the stages that a claim compares and the journey does not have yet.
func (j Journey) Missing(c showdown.Claim) []string {
	var out []string
	for _, name := range c.Stages {
		if !slices.ContainsFunc(j.Stages, func(s *showdown.Stage) bool { return s.Name == name }) {
			out = append(out, name)
		}
	}
	return out
}

// builtin holds the journeys that come with the program.
//
//go:embed whatsthetime/*.yaml
var builtin embed.FS

// builtinPrefix begins the Source of a stage that comes with the program: no file
// of a user can have that name.
const builtinPrefix = "builtin:"

// journeyFile is the name of the file that describes a journey beside its stages.
const journeyFile = "journey.yaml"

// header is the content of a journey file.
type header struct {
	Version int    `yaml:"version"`
	Journey string `yaml:"journey"`
	Title   string `yaml:"title"`
	Opening string `yaml:"opening"`
	// Stages are the names of the stages in the order in which they are played.
	Stages []string `yaml:"stages"`
	// Planned are the names of stages that will come: claims may name them already.
	Planned []string `yaml:"planned"`
	// Claims compare stages.
	Claims []showdown.Claim `yaml:"claims"`

	places places
}

// Builtin is the journeys that come with the program, in the order of the course
// notes. It fails only when known rejects what they refer to.
func Builtin(known Known) ([]Journey, error) {
	entries, err := fs.ReadDir(builtin, ".")
	if err != nil {
		return nil, fmt.Errorf("list the built-in journeys: %w", err)
	}
	var out []Journey
	for _, e := range entries {
		folder, err := fs.Sub(builtin, e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the journey %s: %w", e.Name(), err)
		}
		j, err := loadJourney(folder, func(name string) string { return builtinPrefix + path.Join(e.Name(), name) }, known)
		if err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, nil
}

// LoadFolder reads all stage files of the folder dir as one journey. A file
// journey.yaml gives its title and the order of the stages; without one they are
// ordered by number. It fails with [Problems] of all files.
func LoadFolder(dir string, known Known) (Journey, error) {
	return loadJourney(os.DirFS(dir), func(name string) string { return filepath.Join(dir, name) }, known)
}

func loadJourney(folder fs.FS, source func(string) string, known Known) (Journey, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return Journey{}, fmt.Errorf("read the folder of a journey: %w", err)
	}
	var (
		problems Problems
		head     *header
		stages   []*showdown.Stage
	)
	for _, e := range entries {
		if e.IsDir() || !isStageFile(e.Name()) {
			continue
		}
		file := source(e.Name())
		data, err := readLimited(folder, e.Name())
		if err != nil {
			problems = problems.collect(file, err)
			continue
		}
		if e.Name() == journeyFile {
			head, err = loadHeader(data, file)
			problems = problems.collect(file, err)
			continue
		}
		s, err := Load(data, file, known)
		if err != nil {
			problems = problems.collect(file, err)
			continue
		}
		stages = append(stages, s)
	}
	if len(problems) > 0 {
		return Journey{}, problems
	}
	if len(stages) == 0 {
		return Journey{}, &Problem{File: source(""), Err: errors.New("the folder has no stage file: it holds files that end in .yaml, one for each stage")}
	}
	return assemble(stages, head, source(journeyFile), known)
}

// isStageFile says that a file of that name is read: YAML, and not hidden.
func isStageFile(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(name, ".")
}

func readLimited(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("the file has %d KiB, more than the %d KiB of a stage: is it the right file?", info.Size()>>10, maxFile>>10)
	}
	return fs.ReadFile(folder, name)
}

func loadHeader(data []byte, file string) (*header, error) {
	var h header
	places, found, unclear := decode(data, &h)
	c := checker{places: places}
	if h.Version != showdown.FormatVersion {
		c.add("version", "version must be %d: the version of the format", showdown.FormatVersion)
	}
	c.name("journey", "the journey's name", h.Journey, nil)
	if strings.TrimSpace(h.Title) == "" {
		c.missing("title", "the title")
	}
	h.places = places
	taken := map[string]bool{}
	for i := range h.Claims {
		c.journeyClaim(&h, i, taken)
	}
	for _, f := range c.findings {
		if !unclear(f.path) {
			found = append(found, f)
		}
	}
	if err := found.problems(file, places).err(); err != nil {
		return nil, err
	}
	return &h, nil
}

// assemble puts stages in order and checks what they must have in common.
func assemble(stages []*showdown.Stage, head *header, file string, known Known) (Journey, error) {
	var problems Problems
	wrong := func(s *showdown.Stage, format string, args ...any) {
		problems = append(problems, &Problem{File: s.Source, Err: fmt.Errorf(format, args...)})
	}
	slices.SortStableFunc(stages, func(a, b *showdown.Stage) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Source, b.Source))
	})
	j := Journey{Name: stages[0].Journey, Title: stages[0].Journey, Stages: stages}
	if head != nil {
		j.Name, j.Title, j.Opening = head.Journey, head.Title, strings.TrimSpace(head.Opening)
		j.Claims = head.Claims
	}
	byName := map[string]*showdown.Stage{}
	numbers := map[int]*showdown.Stage{}
	var compared *showdown.Stage // the first with a reference window
	for _, s := range stages {
		if s.Journey != j.Name {
			wrong(s, "journey %q differs from the folder's, %q: a folder holds the stages of one journey", s.Journey, j.Name)
		}
		if other, ok := byName[s.Name]; ok {
			wrong(s, "stage %q exists already in %s: names are used once, choose another one", s.Name, other.Source)
		}
		if other, ok := numbers[s.Number]; ok {
			wrong(s, "number %d belongs to %s already: it orders the stages, take the next one", s.Number, other.Source)
		}
		byName[s.Name], numbers[s.Number] = s, s
		// A stage in which nothing shall happen has none.
		if windowOf(s) == noWindow {
			continue
		}
		if compared == nil {
			compared = s
		}
		if a, b := windowOf(compared), windowOf(s); a != b {
			wrong(s, "the reference window (%s) differs from that of %s (%s): stages are compared by it, make them equal", b, compared.Source, a)
		}
	}
	if head != nil && len(head.Stages) > 0 {
		var names []string
		for _, s := range stages {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, head.Stages) {
			problems = append(problems, &Problem{File: file, Err: fmt.Errorf("stages lists %s, but the numbers of the files give %s: make them agree",
				list(head.Stages), list(names))})
		}
	}
	if head != nil {
		problems = append(problems, comparisons(j, head, file, known)...)
	}
	if len(problems) > 0 {
		return Journey{}, problems
	}
	return j, nil
}

// noWindow is the reference window of a stage without one.
const noWindow = "none"

// windowOf is a stage's reference window in words.
func windowOf(s *showdown.Stage) string {
	base, ok := s.Cell(showdown.BaseCell)
	if !ok || base.Reference == nil {
		return noWindow
	}
	return fmt.Sprintf("%s long, from %s before the event", base.Reference.Length, base.Reference.Before)
}

// Resolve is the stages that target names: a built-in journey ("whatsthetime"), one
// of its stages ("whatsthetime/vertical"), a stage file, or a folder of stage
// files. A built-in name goes before a file of that name; "./whatsthetime" is the
// file.
func Resolve(target string, known Known) ([]*showdown.Stage, error) {
	journeys, err := Builtin(known)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, j := range journeys {
		names = append(names, j.Name)
		if target == j.Name {
			return j.Stages, nil
		}
		for _, s := range j.Stages {
			names = append(names, s.ID())
			if target == s.ID() {
				return []*showdown.Stage{s}, nil
			}
		}
	}
	info, err := os.Stat(target)
	switch {
	case err == nil && info.IsDir():
		j, err := LoadFolder(target, known)
		return j.Stages, err
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is neither a file nor a folder: name a stage file", target)
	case err == nil:
		s, err := LoadFile(target, known)
		if err != nil {
			return nil, err
		}
		return []*showdown.Stage{s}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read stage: %w", err)
	}
	hint := ""
	if near, ok := nearest(target, names); ok {
		hint = fmt.Sprintf("did you mean %q? ", near)
	}
	return nil, fmt.Errorf("%q is no journey, stage, stage file or folder: %sthere are %s", target, hint, list(names))
}
