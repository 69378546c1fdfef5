// Package process runs machines as child processes of this computer.
//
//	showdown --- spawner --- machine web-1
//	   |            |------- machine web-2
//	   `-- reverter
//
// The spawner is one long-lived process in a session of its own. It forks every
// machine from one thread that lives as long as itself, because the kernel sends a
// parent-death signal when the thread that forked ends. A machine dies with the
// spawner and the spawner with showdown, by that signal; end of file on standard
// input says the same where no signal comes. Requests to the spawner, its reports,
// and what machines answer are JSON lines on its standard input and output.
//
// A machine that runs a program of one's own is its parent, and both are in one process
// group with what the program starts. What leaves that group is found through its
// parents: a signal to the machine goes to all of its descendants, and what outlives the
// machine becomes the spawner's child, which ends it.
//
// The reverter is a process in another session that outlives showdown for as long as
// it takes to heal ([showdown/targets/journal.Heal]).
package process

import (
	"encoding/json"
	"errors"

	"showdown/targets/cloud"
	"showdown/targets/journal"
)

var (
	// ErrLost is the error of every call after the spawner has died: all machines
	// died with it.
	ErrLost = errors.New("the process that holds the machines has died, and they with it")
	// ErrEnded is the error of a call to a machine whose process has ended.
	ErrEnded = errors.New("its process has ended")
	// ErrPaused is the error of a command to a machine that is frozen: it could not
	// answer.
	ErrPaused = errors.New("it is paused, resume it first")
	// errClosed is the error of a start after Close.
	errClosed = errors.New("the backend is closed")
)

var _ cloud.Backend = (*Backend)(nil)

// The operations of a request.
const (
	opStart  = "start"  // Machine, Name, Line = the machine's configuration
	opSend   = "send"   // Machine, Line = an order
	opSignal = "signal" // Machine, Signal
)

// The signals of a request.
const (
	signalTerm = "term"
	signalKill = "kill"
	signalStop = "stop"
	signalCont = "cont"
)

// request is one line to the spawner.
type request struct {
	ID      int             `json:"id"`
	Op      string          `json:"op"`
	Machine int             `json:"machine"`
	Name    string          `json:"name,omitempty"`
	Signal  string          `json:"signal,omitempty"`
	Line    json.RawMessage `json:"line,omitempty"`
	// Family says that the machine has processes of its own: a program, and what that
	// starts.
	Family bool `json:"family,omitempty"`
}

// report is one line from the spawner: the reply to the request of that ID, or
// without one a machine's line or its end.
type report struct {
	ID       int               `json:"id,omitempty"`
	Error    string            `json:"error,omitempty"`
	Identity *journal.Identity `json:"identity,omitempty"`

	Machine int             `json:"machine,omitempty"`
	Line    json.RawMessage `json:"line,omitempty"`
	// Exit says how a machine ended: "exit status 0", "signal: killed".
	Exit string `json:"exit,omitempty"`

	Ready bool `json:"ready,omitempty"`
}

// Fidelity says in one sentence how this backend makes a fault and how that differs
// from the real one; ok is false for what it cannot make. what is a [cloud.Verb], or
// "stop", "kill", "pause", "cut".
func Fidelity(what string) (sentence string, ok bool) {
	sentence, ok = map[string]string{
		"stop":                  "SIGTERM: listeners close, requests in flight finish, the process ends; its address then refuses, where that of a stopped instance is silent",
		"kill":                  "SIGKILL: new connections are refused at once, open ones are closed by the kernel; a real power loss would be silent (blackhole)",
		"pause":                 "SIGSTOP: the kernel still accepts connections, requests are never answered",
		string(cloud.Listen):    "one more loopback address is bound",
		string(cloud.Unlisten):  "the address is closed with its connections; packets to it are refused, where AWS would drop them or route them to the next holder",
		string(cloud.Refuse):    "listeners are closed; open connections go on",
		string(cloud.Reset):     "each connection is accepted and reset at once, the open ones too",
		string(cloud.Blackhole): "the accept queue is kept full, so that the kernel drops each SYN; open connections are no longer read or written, but the kernel still acknowledges what it receives",
		string(cloud.Delay):     "each answer waits before it is sent; connecting stays fast",
		string(cloud.Steal):     "the virtual CPU of the capacity model runs slower",
		string(cloud.Errors):    "a share of the requests is answered with the status, at full cost, health checks included; a deep failure leaves the health path fine",
		string(cloud.Fill):      "nothing new finds a worker or a place in the queue; what holds them waits and does not compute, as threads do that are stuck on a dependency, so no CPU credits are spent",
		string(cloud.Lag):       "what comes in is handed on later and what goes out leaves later, on open connections too; the kernel answers the handshake at once, so the first request of a new connection waits a round trip more instead",
		string(cloud.Skew):      "the clock that the application reads is ahead; the system's own, which stamps the Date header, is right",
		string(cloud.Leak):      "the memory is counted and not taken; when the count is full the process gets SIGKILL, as from the system's out-of-memory killer",
		string(cloud.Protect):   "the receiver keeps out by the source's address, with silence: where socket filters are granted the kernel drops the SYN, a true connect timeout; elsewhere the connection is accepted and never answered. Open connections go on",
		"cut":                   "the receivers drop by the source's address: no new connection (a dropped SYN where socket filters are granted, else accepted and never answered), and open ones are no longer read or written, but the kernel still acknowledges what it receives",
		string(cloud.Vacate):    "listeners close, requests in flight finish, open connections end; then the accept queues are kept full, so that the kernel drops each SYN; the process stays to hold the addresses",
		string(cloud.Balance):   "the node works with the new configuration from now on; requests in flight go on",
		string(cloud.Connect):   "a connection from the machine's private address, with a request for /healthz or another path",
		string(cloud.Stats):     "the machine's own counters",
	}[what]
	return sentence, ok
}

// Fidelity is the package's function of that name.
func (b *Backend) Fidelity(what string) (sentence string, ok bool) { return Fidelity(what) }

// lostOr is ErrLost when the spawner is gone, and err otherwise.
func (b *Backend) lostOr(err error) error {
	select {
	case <-b.lost:
		return ErrLost
	default:
		return err
	}
}
