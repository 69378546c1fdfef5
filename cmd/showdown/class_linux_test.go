package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"showdown/dashboards/live"
)

// classVariable asks for a whole class, at that speed: make class. classLasts is how long the class
// lasts, its stages again and again; without it each is shown once.
const (
	classVariable = "SHOWDOWN_CLASS"
	classLasts    = "SHOWDOWN_CLASS_LASTS"
)

// lookOf is the fault of that letter as the page has it; its phase is empty while it has none.
func (s *served) lookOf(letter string) (phase, evidence string, failed uint64) {
	answer, err := http.Get(s.url + "/api/v1/state")
	if err != nil {
		return "", "", 0
	}
	defer answer.Body.Close()
	var state struct {
		Cells []struct {
			Faults []struct {
				Letter, Phase, Evidence string
				Failed                  uint64
			}
		}
	}
	_ = json.NewDecoder(answer.Body).Decode(&state) // an answer that breaks off is none
	for _, c := range state.Cells {
		for _, f := range c.Faults {
			if f.Letter == letter {
				return f.Phase, f.Evidence, f.Failed
			}
		}
	}
	return "", "", 0
}

// press presses a button as a presenter does, who waits while everything is being healed.
func (s *served) press(b live.Button) (letter string) {
	s.t.Helper()
	s.until(func() bool {
		var busy bool
		if letter, busy = s.tryPress(b); busy {
			<-time.After(500 * time.Millisecond) // nobody presses ten times a second
		}
		return !busy
	})
	return letter
}

// tryPress presses once; busy says that everything is being healed.
func (s *served) tryPress(b live.Button) (letter string, busy bool) {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"target": b.Target, "with": b.With})
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.Post(s.url+"/api/v1/chaos/"+b.Action, "application/json", strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var said struct{ Event, Error, Hint string }
	err = json.NewDecoder(answer.Body).Decode(&said)
	if strings.Contains(said.Error, "being healed") {
		return "", true
	}
	if err != nil || answer.StatusCode != http.StatusAccepted {
		s.t.Errorf("%s: %s: %s (%s)", b.Label["en"], answer.Status, said.Error, said.Hint)
	}
	return said.Event, false
}

// fault presses a button, holds what it does for a while and heals it. problem is what was not
// as it should be.
func (s *served) fault(stage string, b live.Button) (problem string) {
	s.t.Helper()
	letter := s.press(b)
	if letter == "" {
		return "refused"
	}
	began := time.Now()
	seen := ""
	s.until(func() bool {
		phase, _, _ := s.lookOf(letter)
		if slices.Contains([]string{"active", "unconfirmed", "failed", "healed"}, phase) {
			seen = phase
		}
		return seen != ""
	})
	shown := time.Since(began)
	// Long enough for the system to notice, and for a room to see it.
	<-time.After(2 * time.Second)
	phase, evidence, failed := s.lookOf(letter)
	s.order("chaos", "heal")
	healing := time.Now()
	s.until(func() bool {
		phase, _, _ = s.lookOf(letter)
		return slices.Contains([]string{"healed", "not healed", "failed"}, phase)
	})
	s.t.Logf("%-12s %-40s %-11s after %5.1f s, %4d failed, healed after %4.1f s: %s", stage, b.Label["en"], seen, shown.Seconds(), failed, time.Since(healing).Seconds(), evidence)
	if seen == "failed" || seen == "unconfirmed" || phase != "healed" {
		return fmt.Sprintf("%s, then %s: %s", seen, phase, evidence)
	}
	return ""
}

// TestClass teaches a whole class: every button of every stage, each confirmed by its probe and healed.
func TestClass(t *testing.T) {
	speed := os.Getenv(classVariable)
	if speed == "" {
		t.Skip("a class takes a quarter of an hour: make class")
	}
	s := newProgram(t).serve("--speed", speed, "--seed", "1")
	s.plays("whatsthetime/single")
	answer, err := http.Get(s.url + "/api/v1/state")
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Stages []live.StageRef }
	err = json.NewDecoder(answer.Body).Decode(&state)
	answer.Body.Close()
	if err != nil || len(state.Stages) != 8 {
		t.Fatalf("%d stages, %v", len(state.Stages), err)
	}
	pressed := 0
	lasts, err := time.ParseDuration(cmp.Or(os.Getenv(classLasts), "0s"))
	if err != nil {
		t.Fatal(err)
	}
	stages, end := state.Stages, time.Now().Add(lasts)
	for i := 0; i < len(stages); i++ {
		stage := stages[i]
		if i == len(stages)-1 && time.Now().Before(end) && !t.Failed() {
			stages = append(stages, state.Stages...)
		}
		if s.state().Stage.ID != "whatsthetime/"+stage.Name {
			answer, err := http.Post(s.url+"/api/v1/stage", "application/json", strings.NewReader(`{"stage":"`+stage.Name+`"}`))
			if err != nil || answer.StatusCode != http.StatusAccepted {
				t.Fatalf("%s: %v, %v", stage.Name, answer, err)
			}
			answer.Body.Close()
			s.plays("whatsthetime/" + stage.Name)
		}
		var list struct{ Buttons []live.Button }
		if err := json.Unmarshal([]byte(s.order("chaos", "list", "--json")), &list); err != nil {
			t.Fatal(err)
		}
		for _, b := range list.Buttons {
			// Beside other work a look may come too late to tell; a teacher presses again then.
			for try := 1; ; try++ {
				problem := s.fault(stage.Name, b)
				pressed++
				if problem == "" {
					break
				}
				t.Logf("%s, %s: %s", stage.Name, b.Label["en"], problem)
				if try == 2 || s.over() {
					t.Errorf("%s, %s: twice not seen from its beginning to its end", stage.Name, b.Label["en"])
					break
				}
			}
		}
		t.Logf("%-12s resident %s", stage.Name, resident(s.cmd.Process.Pid))
	}
	s.group(syscall.SIGTERM)
	if code := s.wait(); code != exitHeld {
		t.Errorf("exit code %d:\n%s", code, s.stderr.String())
	}
	s.left("the class", nil)
	s.nothingToUndo("the class")
	t.Logf("%d buttons were pressed", pressed)
}

// resident is the memory that a process has in use.
func resident(pid int) string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return "unknown"
	}
	pages, _ := strconv.Atoi(fields[1])
	return fmt.Sprintf("%d MiB", pages*os.Getpagesize()>>20)
}
