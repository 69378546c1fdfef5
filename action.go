package showdown

// ActionKind groups the actions by what they are.
type ActionKind string

// The kinds of actions.
const (
	// Fault breaks something.
	Fault ActionKind = "fault"
	// Operation is what an operator does on purpose.
	Operation ActionKind = "operation"
	// Load changes the traffic.
	Load ActionKind = "load"
)

// Param is a parameter of an action.
type Param struct {
	Name string
	// Kind is "type" (an instance type), "share" (a percentage), "factor" (a number
	// above 0), "count" (a whole number above 0), "duration" (AWS time),
	// "latency" (lab time), "name" (a new name), "instance" (the name of one
	// of the cell), "group" (a security group of the cell, or "internet"), "source" (what
	// a security rule may come from), "host" (a name of the hosted zone), "zone" (an
	// Availability Zone of the cell), "balancer", "target_group", "scaling_group" (the
	// name of one of the cell) or "choice" (one of Choices).
	Kind string
	// Choices are what a parameter of the kind "choice" may be. One of the kind "text" is
	// what the action itself reads.
	Choices []string
	// Optional says that the parameter may be absent without a default.
	Optional bool
	// Default is used when the parameter is absent; empty means that it is required.
	Default string
	Does    string
}

// Action is the data of a chaos action: its name and what a file may say to it. How
// it is done is chaos's.
type Action struct {
	Name string
	Kind ActionKind
	// Does is what the action does, and Undo how that is taken back, in a few words.
	Does, Undo string
	// NoTarget says that the action hits no instance.
	NoTarget bool
	// Repairs says that the action mends something: what fails after it failed before it.
	Repairs bool
	// Names says that it is done to names: of requests it takes those whose name is not
	// resolved.
	Names bool
	// Stays says that what the action does stays until it is undone, so that without a
	// duration no recovery is to be seen in the traffic.
	Stays bool
	// NeedsFor says that the action must have a duration.
	NeedsFor bool
	Params   []Param
}

// Actions is the table of every action that a timeline may name, by name.
func Actions() map[string]Action {
	list := []Action{
		{Name: "stop-instance", Kind: Operation, Does: "stops the instance: the system shuts down, then the machine is off", Undo: "start the instance"},
		{Name: "start-instance", Kind: Operation, Does: "starts a stopped instance", Undo: "nothing to undo"},
		{
			Name: "resize-instance", Kind: Operation, Does: "stops the instance, changes its type and starts it again",
			Undo: "resize it back to the type it had", Params: []Param{{Name: "type", Kind: "type", Does: "the new instance type"}},
		},
		{
			Name: "modify-instance-type", Kind: Operation, Does: "asks for another instance type without stopping the instance first",
			Undo: "ask for the type it had", Params: []Param{{Name: "type", Kind: "type", Does: "the instance type asked for"}},
		},
		{Name: "kill", Kind: Fault, Does: "kills the instance's process: it crashes without a word", Undo: "start its process again"},
		{Name: "hang", Kind: Fault, Does: "freezes the instance: it accepts connections and never answers", Undo: "let it run on"},
		{Name: "blackhole", Kind: Fault, Does: "cuts the instance off: no packet is answered, open connections fall silent", Undo: "let packets through"},
		{
			Name: "slow", Kind: Fault, Does: "adds latency to every answer of the instance", Undo: "take the latency away",
			Params: []Param{{Name: "latency", Kind: "latency", Default: "100ms", Does: "what is added to each answer"}},
		},
		{
			Name: "cpu-steal", Kind: Fault, Does: "takes a share of the instance's CPU away", Undo: "give the CPU back",
			Params: []Param{{Name: "share", Kind: "share", Default: "80%", Does: "how much of the CPU is taken"}},
		},
		{
			Name: "error-500", Kind: Fault, Does: "makes the instance answer 500", Undo: "let it answer again",
			Params: []Param{{Name: "share", Kind: "share", Default: "100%", Does: "how many of its answers"}},
		},
		{
			Name: "spike", Kind: Load, Does: "multiplies the offered rate", Undo: "back to the rate of the phase", NoTarget: true, NeedsFor: true,
			Params: []Param{{Name: "factor", Kind: "factor", Default: "5", Does: "by how much"}},
		},
		{Name: "tell-clients", Kind: Operation, Does: "tells the clients the present addresses of the instances", Undo: "nothing to undo", NoTarget: true},
		{
			Name: "add-instance", Kind: Operation, Stays: true, Repairs: true, Does: "launches one more instance like the target", Undo: "terminate it",
			Params: []Param{{Name: "name", Kind: "name", Does: "the new instance's name"}},
		},
		{
			Name: "remove-instance", Kind: Operation, Stays: true, Does: "terminates the instance for good", Undo: "launch one like it, under the same name",
			Params: []Param{{
				Name: "leaves", Kind: "choice", Choices: []string{"silence", "refusal"}, Default: "silence",
				Does: "what its address gives afterwards: no answer, as on AWS, or a refusal, as where a host still answers",
			}},
		},
		{
			Name: "allocate-address", Kind: Operation, Repairs: true, Does: "asks for elastic IPs until one is refused or enough are there", Undo: "release them", NoTarget: true,
			Params: []Param{{Name: "count", Kind: "count", Default: "1", Does: "how many are asked for"}},
		},
		{
			Name: "remap-eip", Kind: Operation, Repairs: true, Does: "moves the elastic IP of the instance to another one", Undo: "move it back",
			Params: []Param{{Name: "to", Kind: "instance", Does: "the instance that gets it"}},
		},
		{
			Name: "remove-dns-record", Kind: Operation, Names: true, Stays: true, Does: "removes the instance's address from the name's A records", Undo: "put it back",
			Params: []Param{{Name: "host", Kind: "host", Default: "@", Does: "the name"}},
		},
		{
			Name: "restore-dns-record", Kind: Operation, Names: true, Stays: true, Repairs: true, Does: "puts the instance's address into the name's A records", Undo: "remove it again",
			Params: []Param{{Name: "host", Kind: "host", Default: "@", Does: "the name"}},
		},
		{
			Name: "dns-fail", Kind: Fault, Names: true, Does: "lets the name servers fail", Undo: "let them answer again", NoTarget: true,
			Params: []Param{
				{Name: "mode", Kind: "choice", Choices: []string{"nxdomain", "servfail", "silent", "slow"}, Default: "servfail", Does: "how they fail"},
				{Name: "host", Kind: "host", Optional: true, Does: "the only name that fails; every name without it"},
				{Name: "latency", Kind: "latency", Default: "100ms", Does: "how much later the answer comes when slow"},
			},
		},
		{
			Name: "deep-failure", Kind: Fault, Does: "breaks the application behind a health path that stays fine", Undo: "let it answer again",
			Params: []Param{{Name: "share", Kind: "share", Default: "100%", Does: "how many of its answers"}},
		},
		{Name: "fill-queue", Kind: Fault, Does: "keeps every worker and every place in the queue busy", Undo: "let the work go"},
		{
			Name: "packet-delay", Kind: Fault, Does: "delays every packet to and from the instance", Undo: "deliver them at once",
			Params: []Param{{Name: "latency", Kind: "latency", Default: "50ms", Does: "the delay of each direction"}},
		},
		{
			Name: "cut", Kind: Fault, Does: "drops every packet between two groups, open connections included", Undo: "let packets through", NoTarget: true,
			Params: []Param{
				{Name: "from", Kind: "group", Does: "one side"},
				{Name: "to", Kind: "group", Does: "the other side"},
			},
		},
		{
			Name: "change-security-group", Kind: Operation, Does: "takes a rule from a security group or adds one; open connections go on", Undo: "put the rules back", NoTarget: true,
			Params: []Param{
				{Name: "group", Kind: "group", Does: "the group that is changed"},
				{Name: "revoke", Kind: "source", Optional: true, Does: "the source that is not let in any more"},
				{Name: "authorize", Kind: "source", Optional: true, Does: "the source that is let in"},
			},
		},
		{
			Name: "fail-az", Kind: Fault, Does: "lets an Availability Zone fail: its instances, its balancer nodes, and launches there", Undo: "bring the zone back", NoTarget: true,
			Params: []Param{
				{Name: "zone", Kind: "zone", Does: "the zone"},
				{Name: "mode", Kind: "choice", Choices: []string{"crash", "hang", "blackhole"}, Default: "blackhole", Does: "how its machines die; a loss of power is a blackhole"},
				{Name: "instances", Kind: "choice", Choices: []string{"yes", "no"}, Default: "yes", Does: "whether its instances fail"},
				{Name: "balancer", Kind: "choice", Choices: []string{"yes", "no"}, Default: "yes", Does: "whether its balancer nodes fail"},
				{Name: "launches", Kind: "choice", Choices: []string{"yes", "no"}, Default: "yes", Does: "whether nothing can be launched there"},
				{Name: "recovery", Kind: "choice", Choices: []string{"clean", "dirty", "staggered"}, Default: "clean", Does: "how it comes back: all at once, all at once and slow at first, or one after the other"},
				{Name: "symptoms", Kind: "duration", Default: "2m", Does: "how long a dirty recovery is slow"},
				{Name: "latency", Kind: "latency", Default: "200ms", Does: "how much later answers come in a dirty recovery"},
				{Name: "spacing", Kind: "duration", Default: "30s", Does: "the time from one machine to the next in a staggered recovery"},
			},
		},
		{
			Name: "az-slow", Kind: Fault, Does: "delays every packet to and from the machines of an Availability Zone", Undo: "deliver them at once", NoTarget: true,
			Params: []Param{
				{Name: "zone", Kind: "zone", Does: "the zone"},
				{Name: "latency", Kind: "latency", Default: "50ms", Does: "the delay of each direction"},
			},
		},
		{
			Name: "cut-between-zones", Kind: Fault, Does: "drops every packet between two Availability Zones; clients still reach both", Undo: "let packets through", NoTarget: true,
			Params: []Param{
				{Name: "a", Kind: "zone", Does: "one zone"},
				{Name: "b", Kind: "zone", Does: "the other zone"},
			},
		},
		{
			Name: "scale", Kind: Operation, Stays: true, Does: "sets the desired capacity of an Auto Scaling group", Undo: "set the desired capacity that there was", NoTarget: true,
			Params: []Param{
				{Name: "scaling_group", Kind: "scaling_group", Does: "the Auto Scaling group"},
				{Name: "desired", Kind: "count", Does: "how many instances it shall have"},
			},
		},
		{
			Name: "instance-refresh", Kind: Operation, Does: "replaces the instances of an Auto Scaling group, a few at a time", Undo: "refresh back to the instance type that there was, where it was changed", NoTarget: true,
			Params: []Param{
				{Name: "scaling_group", Kind: "scaling_group", Does: "the Auto Scaling group"},
				{Name: "type", Kind: "type", Optional: true, Does: "the instance type of the new instances"},
				{Name: "min-healthy", Kind: "count", Default: "90", Does: "how many percent of the desired capacity stay in service"},
			},
		},
		{
			Name: "wrong-health-check", Kind: Fault, Does: "lets a target group's health check ask for what no target has", Undo: "put the health check right", NoTarget: true,
			Params: []Param{
				{Name: "target_group", Kind: "target_group", Does: "the target group"},
				{Name: "path", Kind: "text", Default: "/nonexistent", Does: "the path that is asked for; with a matcher alone it stays right"},
				{Name: "matcher", Kind: "text", Optional: true, Does: "the statuses that pass"},
			},
		},
		{
			Name: "deregister", Kind: Operation, Stays: true, Does: "takes the instance out of a target group; what is in flight finishes", Undo: "register it again",
			Params: []Param{{Name: "target_group", Kind: "target_group", Does: "the target group"}},
		},
		{
			Name: "remove-component", Kind: Fault, Does: "takes a managed part away: the name, the load balancer, or the care of the Auto Scaling group", Undo: "put it back", NoTarget: true,
			Params: []Param{
				{Name: "component", Kind: "choice", Choices: []string{"route53", "elb", "asg"}, Does: "which part"},
				{Name: "host", Kind: "host", Optional: true, Does: "the name, for route53"},
				{Name: "balancer", Kind: "balancer", Optional: true, Does: "the load balancer, for elb"},
				{Name: "scaling_group", Kind: "scaling_group", Optional: true, Does: "the Auto Scaling group, for asg"},
			},
		},
		{
			Name: "operator", Kind: Operation, Stays: true, Repairs: true, Does: "a human notices a fault of the instance and mends it by hand", Undo: "register it again, where it was deregistered",
			Params: []Param{
				{Name: "does", Kind: "choice", Choices: []string{"replace", "restart", "register", "deregister"}, Default: "replace", Does: "what the human does"},
				{Name: "target_group", Kind: "target_group", Optional: true, Does: "the target group that the instance belongs to"},
				{Name: "notices", Kind: "duration", Default: "3m", Does: "how long it takes until the fault is noticed"},
				{Name: "acts", Kind: "duration", Default: "2m", Does: "how long it takes from then until it is done"},
			},
		},
		{
			Name: "clock-skew", Kind: Fault, Does: "puts the instance's clock wrong", Undo: "put it right",
			Params: []Param{{Name: "by", Kind: "duration", Default: "10m", Does: "how much it is ahead"}},
		},
		{
			Name: "leak", Kind: Fault, Does: "lets the application's memory grow until the system kills it", Undo: "end the leak, and start the process again where it was killed",
			Params: []Param{{Name: "fills-in", Kind: "duration", Default: "2m", Does: "how long the memory takes to fill"}},
		},
	}
	out := make(map[string]Action, len(list))
	for _, a := range list {
		out[a.Name] = a
	}
	return out
}
