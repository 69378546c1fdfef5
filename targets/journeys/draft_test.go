package journeys

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"showdown"
)

// Every file that can be drafted is one that can be played, and one that editors find
// nothing wrong with.
func TestDraftsCanBePlayed(t *testing.T) {
	s := compileSchema(t)
	for _, command := range [][]string{nil, {"./my server", "--greet", `"hi" & <bye>`, "#1"}} {
		for _, fault := range DraftFaults() {
			for _, size := range [][2]int{{1, 1}, {1, 3}, {3, 2}, {90, 3}} {
				for _, balancer := range []bool{false, true} {
					for _, rate := range []int{0, 1, 800} {
						d := Draft{
							File: "mine.yaml", Name: "mine", Command: command, Instances: size[0], Zones: size[1],
							Balancer: balancer, Rate: rate, Fault: fault,
						}
						t.Run(fmt.Sprintf("%v %s %v %v %d", command != nil, fault, size, balancer, rate), func(t *testing.T) {
							playDraft(t, d, func(text []byte) error { return validateYAML(t, s, text) })
						})
					}
				}
			}
		}
	}
}

func playDraft(t *testing.T, d Draft, validate func([]byte) error) {
	t.Helper()
	text, err := d.Write()
	if d.Fault == "cpu-steal" && d.Own() || d.Fault == "fail-az" && d.Zones < 2 {
		if err == nil {
			t.Error("it was drafted")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(text); err != nil {
		t.Errorf("the schema: %v\n%s", err, text)
	}
	s, err := Load(text, d.File, testKnown())
	if err != nil {
		t.Fatalf("load: %v\n%s", err, text)
	}
	speed := s.Speed
	if speed == 0 {
		speed = showdown.DefaultSpeed
	}
	if err := Validate(s, mustClock(t, speed)); err != nil {
		// A single request a second cannot show an outage at any speed.
		if d.Rate != 1 {
			t.Errorf("validate: %v\n%s", err, text)
		}
		return
	}
	if len(s.Cells[0].Topology.Instances) != d.Instances || d.Own() != (s.Program != nil) {
		t.Errorf("%d instances, a program of one's own: %v", len(s.Cells[0].Topology.Instances), s.Program != nil)
	}
	if d.Own() && strings.Join(s.Program.Command, "|") != strings.Join(d.Command, "|") {
		t.Errorf("the command is %q", s.Program.Command)
	}
	if bytes.Contains(text, []byte("\n\n\n")) || bytes.Contains(text, []byte(" \n")) {
		t.Errorf("the file is untidy:\n%s", text)
	}
}

func TestDraftGoldens(t *testing.T) {
	for name, d := range map[string]Draft{
		"draft-clock": {File: "showdown.yaml", Name: "mine", Instances: 3, Zones: 2, Balancer: true, Fault: "kill"},
		"draft-own":   {File: "api.yaml", Name: "api", Command: []string{"python3", "server.py"}, Health: "/healthz", Instances: 1, Zones: 1, Rate: 20, Fault: "hang"},
	} {
		got, err := d.Write()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".yaml")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is drafted: -update, and look at the difference (%v)", path, err)
		}
	}
}

func TestDraftsThatCannotBe(t *testing.T) {
	good := Draft{File: "mine.yaml", Name: "mine", Instances: 2, Zones: 2, Fault: "kill"}
	for want, change := range map[string]func(*Draft){
		`name "My App"`:            func(d *Draft) { d.Name = "My App" },
		"0 instances":              func(d *Draft) { d.Instances = 0 },
		"91 instances":             func(d *Draft) { d.Instances = 91 },
		"0 zones":                  func(d *Draft) { d.Zones = 0 },
		"rate -1":                  func(d *Draft) { d.Rate = -1 },
		`did you mean "kill"`:      func(d *Draft) { d.Fault = "kil" },
		"give it 2 zones":          func(d *Draft) { d.Fault, d.Zones = "fail-az", 1 },
		"choose slow":              func(d *Draft) { d.Fault, d.Command = "cpu-steal", []string{"x"} },
		`health "x" is not a path`: func(d *Draft) { d.Health = "x" },
	} {
		d := good
		change(&d)
		if _, err := d.Write(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", d, err, want)
		}
	}
}
