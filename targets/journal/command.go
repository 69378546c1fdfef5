package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"showdown/targets/command"
)

// undoField is the field of an entry that holds its undo.
const undoField = "command"

// undo is what is run to take a command back, as the journal keeps it. A journal is the
// user's alone and is gone when all is undone, so that it may hold what the record may
// not: the values that the command takes from the environment.
type undo struct {
	Argv    []string          `json:"argv"`
	Dir     string            `json:"dir"`
	Env     map[string]string `json:"env,omitempty"`
	Secrets map[string]string `json:"secrets,omitempty"`
	// Timeout is in nanoseconds.
	Timeout time.Duration `json:"timeout"`
}

// keptVariables are those of a run's environment that its undo commands find again,
// whoever runs them: where programs are, and which system they act on.
func keptVariables() []string {
	return []string{"PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "KUBECONFIG"}
}

// NewCommand is the entry of a fault that a command makes and that c takes back. Of c's
// environment only what own names is kept, and where programs are and which system they
// act on (PATH, HOME, DOCKER_HOST, DOCKER_CONTEXT, KUBECONFIG); what else it finds is
// that of who runs it. A command without words undoes nothing. It fails where c cannot be
// written.
func NewCommand(name string, fields map[string]string, c command.Command, own map[string]string) (Entry, error) {
	u := undo{Argv: c.Argv, Dir: c.Dir, Secrets: c.Secrets, Timeout: c.Timeout, Env: map[string]string{}}
	for _, kept := range keptVariables() {
		for _, pair := range c.Env {
			if value, ok := strings.CutPrefix(pair, kept+"="); ok {
				u.Env[kept] = value
			}
		}
	}
	maps.Copy(u.Env, own)
	data, err := json.Marshal(u)
	if err != nil {
		return Entry{}, fmt.Errorf("write the undo of %s: %w", name, err)
	}
	e := Entry{Kind: KindCommand, Name: name, Fields: maps.Clone(fields)}
	if e.Fields == nil {
		e.Fields = map[string]string{}
	}
	e.Fields[undoField] = string(data)
	return e, nil
}

// Environment is the environment of a command of a user's: that of this process, without
// what is showdown's own, and own on top. The run's mark is left out: what the command
// starts is the user's, and must outlive the run.
func Environment(own map[string]string) []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if _, set := own[name]; !set && !strings.HasPrefix(name, "SHOWDOWN_") {
			env = append(env, pair)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		env = append(env, name+"="+own[name])
	}
	return env
}

// undoTime is how long the undo commands of a journal may take together.
func (c content) undoTime() time.Duration {
	var sum time.Duration
	for _, e := range c.pending {
		if e.Kind != KindCommand {
			continue
		}
		var u undo
		if json.Unmarshal([]byte(e.Fields[undoField]), &u) == nil {
			sum += u.Timeout
		}
	}
	return sum
}

// runUndos runs the undo commands that are pending, the last first and one after the
// other, and strikes out in the journal those that succeeded, and with forget the others
// too.
func (h *Healed) runUndos(ctx context.Context, file *os.File, c content, forget bool) {
	ctx = context.WithoutCancel(ctx)
	ids := slices.Sorted(maps.Keys(c.pending))
	slices.Reverse(ids)
	for _, id := range ids {
		e := c.pending[id]
		if e.Kind != KindCommand {
			continue
		}
		sentence, err := e.runUndo(ctx)
		if err != nil && forget {
			sentence, err = fmt.Sprintf("forgotten, although %v", err), nil
		}
		if err != nil {
			h.Failed = append(h.Failed, fmt.Sprintf("command %s: %v", e.Name, err))
			continue
		}
		h.Undone = append(h.Undone, fmt.Sprintf("command %s: %s", e.Name, sentence))
		strike(file, id)
	}
}

// strike says in a dead run's journal that an entry is undone. Where that cannot be
// written it is undone once more, which an undo must bear.
func strike(file *os.File, id int) {
	data, err := json.Marshal(line{ID: id, Done: true})
	if err != nil {
		return
	}
	info, err := file.Stat()
	if err != nil {
		return
	}
	data = append(data, '\n')
	last := []byte{'\n'}
	if _, err := file.ReadAt(last, max(info.Size()-1, 0)); err != nil || last[0] != '\n' {
		data = append([]byte{'\n'}, data...) // the last line was cut off
	}
	if _, err := file.WriteAt(data, info.Size()); err == nil {
		_ = file.Sync()
	}
}

// runUndo takes one command back: what still runs of it is killed first.
func (e Entry) runUndo(ctx context.Context) (string, error) {
	killed := killGroup(e.Identity)
	var u undo
	if err := json.Unmarshal([]byte(e.Fields[undoField]), &u); err != nil {
		return "", fmt.Errorf("its undo cannot be read: %w", err)
	}
	if len(u.Argv) == 0 {
		return killed + "it has no undo, nothing was done", nil
	}
	text := strings.Join(u.Argv, " ")
	r, err := command.Run(ctx, command.Command{
		Argv: u.Argv, Dir: u.Dir, Env: Environment(u.Env), Secrets: u.Secrets, Timeout: u.Timeout,
	})
	if err != nil {
		if said := lastLine(r.Stderr); said != "" {
			err = errors.Join(err, errors.New(said))
		}
		return "", fmt.Errorf("its undo %q: %s", text, strings.ReplaceAll(err.Error(), "\n", ": "))
	}
	return fmt.Sprintf("%sran its undo %q in %s", killed, text, r.Took.Round(time.Millisecond)), nil
}

// killGroup kills the process group of a command that ran when its run died.
func killGroup(leader Identity) string {
	if leader == (Identity{}) {
		return ""
	}
	// A number is not given out again as long as a group has it, so that a process of the
	// number with another start means that the group is gone.
	if now, err := Identify(leader.PID); err == nil && now != leader {
		return ""
	}
	command.KillGroup(leader.PID)
	return "killed what still ran of it, and "
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
