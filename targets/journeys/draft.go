package journeys

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/template"

	"showdown"
)

// SchemaFile is the name under which a drafted stage file looks for the schema.
const SchemaFile = "showdown.schema.json"

// Draft is what a stage file is drafted from.
type Draft struct {
	// File is the file's name, for the comments in it.
	File string
	// Name is the stage's name.
	Name string
	// Command is an application of one's own with its arguments; empty is [DefaultApp].
	Command []string
	// Health is the health path of it; empty is [DefaultHealth].
	Health string
	// Instances is how many there are, in Zones Availability Zones.
	Instances, Zones int
	// Balancer puts a load balancer in front of them.
	Balancer bool
	// Rate is the requests/s that are offered; 0 is one that suits the instances.
	Rate int
	// Fault is the action that breaks something, of [DraftFaults].
	Fault string
}

// Bounds of a draft.
const (
	maxDraftInstances = 90
	draftPerInstance  = 40 // requests/s, so that what happens to one is seen at twice the default speed
	draftRate         = 100
	// draftCarries is how many requests/s an instance of the draft's type carries at the
	// default work, with some room.
	draftCarries = 200
)

// DraftFaults are the actions that a draft can play, "none" among them.
func DraftFaults() []string {
	return []string{"kill", "hang", "blackhole", "slow", "error-500", "cpu-steal", "stop-instance", "fail-az", "none"}
}

//go:embed draft.yaml.tmpl
var draftTemplate string

// Write is the stage file of the draft, commented. It fails with what cannot be drafted
// as it is asked for. The same draft gives the same file.
func (d Draft) Write() ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if d.Rate == 0 {
		d.Rate = int(min(max(draftRate, draftPerInstance*float64(d.Instances)), MaxTotalRate))
	}
	if d.Health == "" {
		d.Health = DefaultHealth
	}
	t, err := template.New("stage").Funcs(template.FuncMap{"quote": quoted, "count": counted}).Parse(draftTemplate)
	if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, d); err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	return out.Bytes(), nil
}

func (d Draft) check() error {
	switch {
	case !namePattern.MatchString(d.Name) || len(d.Name) > maxShortName:
		return fmt.Errorf("name %q: write small letters, digits and single dashes, beginning with a letter, at most %d", d.Name, maxShortName)
	case d.Instances < 1 || d.Instances > maxDraftInstances:
		return fmt.Errorf("%d instances: write 1 to %d; a file may have more", d.Instances, maxDraftInstances)
	case d.Zones < 1 || d.Zones > maxZones:
		return fmt.Errorf("%d zones: write 1 to %d", d.Zones, maxZones)
	case d.Rate < 0 || d.Rate > MaxTotalRate:
		return fmt.Errorf("rate %d: write 1 to %d requests/s", d.Rate, int(MaxTotalRate))
	case !slices.Contains(DraftFaults(), d.Fault):
		return fmt.Errorf("unknown fault %q: %s", d.Fault, meant(d.Fault, DraftFaults()))
	case d.Fault == "cpu-steal" && d.Own():
		return fmt.Errorf("cpu-steal slows the modelled CPU down, which a program of your own does not use: choose slow")
	case d.Fault == "fail-az" && d.Zones < 2:
		return fmt.Errorf("fail-az lets one zone of several fail: give it 2 zones")
	case !isPath(d.Health) && d.Health != "":
		return fmt.Errorf("health %q is not a path: it begins with / and has no blanks, like /healthz", d.Health)
	}
	return nil
}

// What the template asks.

// Own says that the draft runs a program of one's own.
func (d Draft) Own() bool { return len(d.Command) > 0 }

// HealthPath is the health path, as a list of one.
func (d Draft) HealthPath() []string { return []string{d.Health} }

// ZoneNames are the Availability Zones.
func (d Draft) ZoneNames() []string {
	var out []string
	for i := range d.Zones {
		out = append(out, DefaultRegion+string(rune('a'+i)))
	}
	return out
}

// DraftInstance is an instance of a draft.
type DraftInstance struct{ Name, Zone string }

// Fleet are the instances, spread over the zones.
func (d Draft) Fleet() []DraftInstance {
	var out []DraftInstance
	for i := range d.Instances {
		out = append(out, DraftInstance{fmt.Sprintf("web-%d", i+1), d.ZoneNames()[i%d.Zones]})
	}
	return out
}

// Classic says that the load balancer is one that needs no second zone.
func (d Draft) Classic() bool { return d.Zones < 2 }

// Work is the CPU work of a request where the default is too much for the rate; 0 is the
// default.
func (d Draft) Work() int {
	if each := float64(d.Rate) / float64(d.Instances); !d.Own() && each > draftCarries {
		return max(1, int(DefaultWork*draftCarries/each))
	}
	return 0
}

// Speed is the highest speed at which each instance is asked often enough to see when it
// fails, where that is below the default; 0 leaves the speed to the run.
func (d Draft) Speed() int {
	const seen = 3 // AWS seconds
	if s := math.Floor(seen * float64(d.Rate) / float64(d.Instances)); d.Fault != "none" && s < showdown.DefaultSpeed {
		return max(1, int(s))
	}
	return 0
}

// Step is the step that breaks something, without its letter.
func (d Draft) Step() string {
	if d.Fault == "fail-az" {
		return "do: fail-az, with: {zone: " + d.ZoneNames()[0] + "}"
	}
	return "do: " + d.Fault + ", target: web-1"
}

// Does is what the fault does.
func (d Draft) Does() string { return showdown.Actions()[d.Fault].Does }

// Spread says that others answer while the fault lasts, because a load balancer sends
// the requests to them.
func (d Draft) Spread() bool {
	return d.Balancer && (d.Instances > 1 && d.Fault != "fail-az" || d.Fault == "fail-az" && d.Instances >= d.Zones)
}

// Least is the availability below which the load balancer did not help, in percent: as
// if what is broken had been asked all along.
func (d Draft) Least() int {
	const slack = 10
	parts := d.Instances
	if d.Fault == "fail-az" {
		parts = d.Zones
	}
	return 100 - 100/parts - slack
}

// Mild says that the fault fails no requests.
func (d Draft) Mild() bool { return d.Fault == "slow" || d.Fault == "cpu-steal" }

// quoted are texts as a list of YAML, which reads quoted text as JSON writes it.
func quoted(texts []string) (string, error) {
	var out []string
	for _, text := range texts {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(text); err != nil {
			return "", err
		}
		out = append(out, strings.TrimSpace(b.String()))
	}
	return strings.Join(out, ", "), nil
}

// counted is a number of things: "1 zone", "2 zones".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
