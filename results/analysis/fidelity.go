package analysis

import (
	"fmt"
	"slices"
	"strings"

	"showdown"
)

// fidelity says how the labs of a stage differ from AWS beyond what each fault says of
// itself. The same stage gives the same sentences.
func fidelity(s *showdown.Stage) []string {
	if s == nil || len(s.Programs()) == 0 {
		return nil
	}
	var commands []string
	for _, p := range s.Programs() {
		if c := strings.Join(p.Command, " "); !slices.Contains(commands, c) {
			commands = append(commands, c)
		}
	}
	return []string{
		fmt.Sprintf("Instances run a program of one's own (%s): its time is real CPU time of this computer, which all instances and the load generator share. "+
			"The capacity model, CPU credits and the instance type say nothing about how much it carries; they only set its price.", strings.Join(commands, "; ")),
		"Each request reaches it through a relay in its instance, which security groups and faults act on: a fraction of a millisecond that AWS does not have.",
		"What it connects to sees the address of this computer and not that of its instance, and no security group holds it back.",
	}
}
