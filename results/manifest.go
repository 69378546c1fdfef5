package results

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"showdown"
)

// ManifestVersion is the version of the forms of run.json and journey.json that this
// build writes.
const ManifestVersion = 1

// The names of the manifests in a run's and in a journey's folder.
const (
	ManifestFile = "run.json"
	JourneyFile  = "journey.json"
)

// Manifest is what is known when a run starts: the form of run.json. With it the run
// can be repeated, and its record analysed without anything else.
type Manifest struct {
	Version int `json:"version"`
	// Run is the id of the run: the name of its folder in the store, or
	// "journey's id/stage" for the run of a journey's stage.
	Run     string `json:"run"`
	Journey string `json:"journey"`
	Stage   string `json:"stage"`
	// Parent is the id of the journey's run that this run belongs to; empty for a
	// run of its own.
	Parent string `json:"parent,omitempty"`
	// Spec is the stage as it was played: defaults filled in, --set applied, cells
	// selected.
	Spec  *showdown.Stage `json:"spec"`
	Speed float64         `json:"speed"`
	Seed  uint64          `json:"seed"`
	// Started is the wall clock when the folder was made.
	Started time.Time `json:"started"`
	// Zero is the wall clock of the run's zero, which every time in the record counts
	// from; it is absent until the traffic starts.
	Zero time.Time `json:"zero,omitzero"`
	// Zeros are the zeros of the cells that were played after others, by name: their
	// hits and events count from there.
	Zeros map[string]time.Time `json:"zeros,omitempty"`
	// Command is the command line, with nothing secret in it.
	Command []string `json:"command"`
	Machine Machine  `json:"machine"`
	// Cost is the bill of each cell by name.
	Cost map[string]Cost `json:"cost,omitempty"`
	// Source is where the requests come from when another tool recorded them; nil when they
	// were sent from here.
	Source *Source `json:"source,omitempty"`
}

// Source is what a record was imported from.
type Source struct {
	// Format is the format's name, File the name of the file without its folder.
	Format string `json:"format"`
	File   string `json:"file"`
	// Unknown are the fields of a request that the source does not say, by the names of the
	// tables' columns; they are zero or stand in for what is nearest.
	Unknown []string `json:"unknown"`
	// Notes says in sentences what that means for the numbers.
	Notes []string `json:"notes"`
}

// SetZero notes the zero of cells that are played side by side. The first call is about
// the run's own.
func (m *Manifest) SetZero(zero time.Time, cells []string) {
	if m.Zero.IsZero() {
		m.Zero = zero
		return
	}
	if m.Zeros == nil {
		m.Zeros = map[string]time.Time{}
	}
	for _, name := range cells {
		m.Zeros[name] = zero
	}
}

// ZeroOf is the wall clock that the times of a cell count from.
func (m *Manifest) ZeroOf(cell string) time.Time {
	if zero, own := m.Zeros[cell]; own {
		return zero
	}
	return m.Zero
}

// Machine is where and with what a run was made.
type Machine struct {
	// Tool is the version of this program, Go that of its toolchain, Vegeta that of
	// the load engine.
	Tool   string `json:"tool"`
	Go     string `json:"go"`
	Vegeta string `json:"vegeta,omitempty"`
	// OS and Arch are Go's names; Kernel is the kernel's release.
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel,omitempty"`
	Host   string `json:"host"`
	// CPUs is how many processors the program may use.
	CPUs int `json:"cpus"`
}

// JourneyManifest is what is known when the run of a journey starts: the form of
// journey.json.
type JourneyManifest struct {
	Version int `json:"version"`
	// Run is the id of the run: the name of its folder.
	Run     string `json:"run"`
	Journey string `json:"journey"`
	// Title and Opening are the journey's own; absent in older records.
	Title   string `json:"title,omitempty"`
	Opening string `json:"opening,omitempty"`
	// Stages are the folders of the stages' runs, in the order in which they are
	// played; those not yet started are among them only when they were planned.
	Stages []string `json:"stages"`
	// Claims are those that compare stages which are all played.
	Claims  []showdown.Claim `json:"claims,omitempty"`
	Speed   float64          `json:"speed"`
	Seed    uint64           `json:"seed"`
	Started time.Time        `json:"started"`
	Command []string         `json:"command"`
	Machine Machine          `json:"machine"`
}

// ReadManifest reads run.json in the run's folder dir.
func ReadManifest(dir string) (*Manifest, error) {
	var m Manifest
	if err := readVersioned(filepath.Join(dir, ManifestFile), ManifestVersion, &m.Version, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// WriteManifest writes m into the run's folder dir in one step.
func WriteManifest(dir string, m *Manifest) error {
	c := *m
	c.Version = ManifestVersion
	c.Command = filled(c.Command)
	return writeJSON(filepath.Join(dir, ManifestFile), &c)
}

// ReadJourney reads journey.json in the journey's folder dir.
func ReadJourney(dir string) (*JourneyManifest, error) {
	var m JourneyManifest
	if err := readVersioned(filepath.Join(dir, JourneyFile), ManifestVersion, &m.Version, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// WriteJourney writes m into the journey's folder dir in one step.
func WriteJourney(dir string, m *JourneyManifest) error {
	c := *m
	c.Version = ManifestVersion
	c.Command = filled(c.Command)
	c.Stages = filled(c.Stages)
	return writeJSON(filepath.Join(dir, JourneyFile), &c)
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return writeFile(path, append(data, '\n'))
}
