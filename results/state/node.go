package state

import "showdown"

// Node is what is known of an instance. Its zero value is one of which nothing is. A node
// is a value of its events alone: the same ones in the same order make the same node.
type Node struct {
	// ec2 is EC2's word for it; empty before the lab is up.
	ec2 string
	// faults are the states that the active faults put it in, by letter.
	faults map[string]State
	// lost says that its process ended unasked.
	lost bool
	// unseen says that it came up and has not answered yet: EC2 calls an instance running
	// long before its application listens.
	unseen bool
}

// Known says that EC2 has said a word of it.
func (n *Node) Known() bool { return n.ec2 != "" }

// Pending says that EC2 calls it pending: it boots.
func (n *Node) Pending() bool { return n.ec2 == "pending" }

// Running says that EC2 calls it running.
func (n *Node) Running() bool { return n.ec2 == "running" }

// Gone says that it is terminated, or about to be.
func (n *Node) Gone() bool { return n.ec2 == "shutting-down" || n.ec2 == "terminated" }

// Stopped says that it is stopped or gone: nobody is at its address.
func (n *Node) Stopped() bool { return n.ec2 == "stopped" || n.Gone() }

// Truth is the state that the node is in, from all that is known. EC2's word comes first:
// a stopped machine has no other trouble.
func (n *Node) Truth() State {
	switch n.ec2 {
	case "", "stopping", "stopped", "shutting-down", "terminated":
		return Off
	}
	if n.lost {
		return Down
	}
	worst := Up
	for _, s := range n.faults {
		if s.severity() > worst.severity() {
			worst = s
		}
	}
	if worst.severity() < Recovering.severity() && (n.ec2 == "pending" || n.unseen) {
		return Recovering
	}
	return worst
}

// Turn takes EC2's word, and says whether it is a new one. A running instance is up only
// when it answers: its system boots after EC2 calls it running.
func (n *Node) Turn(to string) bool {
	if n.ec2 == to {
		return false
	}
	n.ec2, n.unseen = to, to == "running"
	if to == "pending" {
		n.lost = false
	}
	return true
}

// Arrive says that it answers.
func (n *Node) Arrive() { n.unseen, n.lost = false, false }

// Seen says that what came up has answered since, without a word on a process that is lost.
func (n *Node) Seen() { n.unseen = false }

// Lose says that its process ended and nobody asked it to.
func (n *Node) Lose() { n.lost = true }

// LabUp says that its lab is up: what was to run does, and answers.
func (n *Node) LabUp() {
	switch n.ec2 {
	case "", "pending", "running":
		n.ec2 = "running"
		n.Arrive()
	}
}

// LabDown says that its lab is no more.
func (n *Node) LabDown() { n.ec2 = "terminated" }

// Status takes a status check of EC2's, and says whether the node answers by it: one that
// is passed by what was not lost.
func (n *Node) Status(e showdown.Event) bool {
	if showdown.Text(e.Data["instance"]) != "ok" || !n.Running() || n.lost {
		return false
	}
	n.Arrive()
	return true
}

// Affect says that a fault holds the node in a state.
func (n *Node) Affect(letter string, s State) {
	if n.faults == nil {
		n.faults = map[string]State{}
	}
	n.faults[letter] = s
}

// Release takes a fault's hand off the node. Whether it answers is not said by that.
func (n *Node) Release(letter string) { delete(n.faults, letter) }
