package cloud

import "time"

// Program is an application of one's own that a machine runs and answers for: it is a
// child process of the machine, which passes on to it what it would answer itself.
type Program struct {
	// Command is the program with its arguments.
	Command []string `json:"command"`
	// Env are further variables of its environment, as written: the machine replaces
	// "$NAME" by what its own environment says, so that no secret passes through here.
	Env map[string]string `json:"env,omitempty"`
	// Dir is the folder that it runs in.
	Dir string `json:"dir,omitempty"`
	// Health is the path that it answers with a status below 400 when it is well.
	Health string `json:"health"`
	// Ready bounds the wait for that, in lab time.
	Ready time.Duration `json:"ready"`
	// CPUs is how many processors it may use; 0 is all.
	CPUs int `json:"cpus,omitempty"`
	// MemoryMiB is the memory above which it is killed; 0 is no bound.
	MemoryMiB int `json:"memory_mib,omitempty"`
	// Log is the file that keeps its output, with its first and its last half; empty
	// drops it.
	Log string `json:"log,omitempty"`
}

// ProgramNote is a machine's program that ended and nobody asked it to. The machine
// lives on and refuses connections.
type ProgramNote struct {
	// Exit says how it ended: "exit status 1", "signal: killed".
	Exit string `json:"exit"`
	// Output is its last lines.
	Output string `json:"output,omitempty"`
}
