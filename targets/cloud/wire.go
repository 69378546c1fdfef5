package cloud

// Order is one line on a machine's standard input, after the first, which is its
// [MachineConfig].
type Order struct {
	// ID comes back in the [Answer].
	ID      int     `json:"id"`
	Command Command `json:"command"`
}

// Answer is one line on a machine's standard output. The first says that the machine
// is ready, or why it is not; each further one answers an [Order].
type Answer struct {
	// ID is the order's, 0 in the first answer.
	ID    int  `json:"id,omitempty"`
	Ready bool `json:"ready,omitempty"`
	// Error is empty when the order is carried out.
	Error string `json:"error,omitempty"`
	// Note is what the machine says on its own; such a line answers nothing.
	Note *Note `json:"note,omitempty"`
	// Counters are there for Stats.
	Counters *Counters `json:"counters,omitempty"`
}
