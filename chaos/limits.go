package chaos

import (
	"time"

	"showdown"
)

// RollbackCap bounds a roll back, in lab time.
const RollbackCap = 30 * time.Second

// limits are all waits of an experiment in lab time, from one place.
type limits struct {
	// poll is the time between two looks of a probe that waits for something: short
	// enough that what it sees is right to about 5 ms.
	poll time.Duration
	// connect and answer are how long silence must last to count as silence. They lie
	// far above what a busy host makes of a healthy instance.
	connect, answer time.Duration
	// effect bounds the wait until a fault, or its end, is seen where it takes no
	// AWS time.
	effect time.Duration
	// request bounds one request that is expected to be answered.
	request time.Duration
	// command bounds what is asked of a machine's control channel.
	command time.Duration
	// count is the time between two counts of the requests that machines received;
	// glance is how long they are counted while a fault is in place, and census where
	// nothing waits for the answer.
	count, glance, census time.Duration
	// operation bounds a stop or a start, which take AWS minutes.
	operation time.Duration
	// undo bounds the undo of one fault: a stop, a change and a start at most.
	undo time.Duration
	// rollback bounds the roll back.
	rollback time.Duration
	// ahead is how long before its time an action is prepared: what it needs on disk
	// is there when it fires.
	ahead time.Duration
	// guard is the longest time between two looks at what a fault will do by itself.
	guard time.Duration
}

// operationLimit is the longest that a stop or a start may take on AWS. The
// documentation says "a few minutes" of each.
const operationLimit = 10 * showdown.Minute

func limitsAt(clock showdown.Clock, boot showdown.Duration) limits {
	operation := clock.Lab(operationLimit+boot) + 5*time.Second
	return limits{
		poll:      4 * time.Millisecond,
		connect:   150 * time.Millisecond,
		answer:    200 * time.Millisecond,
		effect:    3 * time.Second,
		request:   2 * time.Second,
		command:   5 * time.Second,
		count:     25 * time.Millisecond,
		glance:    250 * time.Millisecond,
		census:    time.Second,
		operation: operation,
		undo:      3 * operation,
		rollback:  RollbackCap,
		ahead:     100 * time.Millisecond,
		guard:     250 * time.Millisecond,
	}
}

// longestBoot is the longest that an instance of the cell takes from the kernel's
// start to its listener, those included that an Auto Scaling group may launch later.
func longestBoot(t showdown.Topology) showdown.Duration {
	var longest showdown.Duration
	for _, in := range t.Instances {
		longest = max(longest, in.AppBoot+in.UserData)
	}
	for _, g := range t.AutoScalingGroups {
		longest = max(longest, g.Template.AppBoot+g.Template.UserData)
	}
	return longest
}
