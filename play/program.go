package play

import (
	"path/filepath"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// LogsDir is the folder in a run's that keeps the output of programs of one's own:
// "logs/CELL/INSTANCE.log".
const LogsDir = "logs"

// ownProgram tells a machine that runs a program of one's own where its output is kept,
// and says when that program ends by itself. The machine's configuration is its own, the
// program's is shared by all of them.
func (c *cell) ownProgram(m *cloud.MachineConfig) {
	if m.Program == nil {
		return
	}
	own := *m.Program
	own.Log, _ = filepath.Abs(filepath.Join(c.stage.rec.Dir(), LogsDir, c.spec.Name, m.Name+".log"))
	m.Program = &own
	name := m.Name
	m.Notify = func(n cloud.Note) {
		if n.Program != nil {
			c.emit(showdown.Event{
				Kind: showdown.ProgramEnded, Source: "machine", Target: name,
				Data: map[string]any{"exit": n.Program.Exit, "output": n.Program.Output},
			})
		}
	}
}

// check is what looks at the content of an answer; nil in a cell whose instances run
// programs of one's own, of which nobody here knows what they should say.
func (c *cell) check() func(int, []byte, time.Time) error {
	if c.stage.Config.Stage.BuiltIn(c.spec) {
		return checkClock
	}
	return nil
}
