package autoscaling

import (
	"fmt"
	"time"

	"showdown"
)

// ActivityStatus is how far a scaling activity is.
type ActivityStatus string

// The statuses of an activity (Amazon EC2 Auto Scaling API Reference, Activity; the
// ones between are left out).
const (
	InProgress ActivityStatus = "InProgress"
	Successful ActivityStatus = "Successful"
	Failed     ActivityStatus = "Failed"
	Cancelled  ActivityStatus = "Cancelled"
)

// Activity is an entry of a group's activity history, in the words of AWS (Verify a
// scaling activity for an Auto Scaling group).
type Activity struct {
	// ID counts the group's activities from 1.
	ID     int
	Status ActivityStatus
	// Description is what is done, Cause why, StatusMessage why it failed.
	Description, Cause, StatusMessage string
	Instance, Zone                    string
	// Start and End are AWS time: at the group's epoch they are the wall clock, and from
	// then on they run as fast as the clock says. End is zero while it is in progress.
	Start, End time.Time
}

// stamp is a moment as it is written in the sentences of a cause.
func (c *core) stamp() string {
	return c.time(c.now).UTC().Format("2006-01-02T15:04:05Z")
}

// time is a moment as a time that runs as fast as AWS.
func (c *core) time(at moment) time.Time { return c.base.Add(time.Duration(at)) }

// sentence is "At <now> <text>.", the form of every cause.
func (c *core) sentence(format string, args ...any) string {
	return "At " + c.stamp() + " " + fmt.Sprintf(format, args...) + "."
}

// begin writes an activity into the history.
func (c *core) begin(description, cause, instance, zone string) *Activity {
	a := &Activity{
		ID: len(c.activities) + 1, Status: InProgress, Description: description, Cause: cause,
		Instance: instance, Zone: zone, Start: c.time(c.now),
	}
	c.activities = append(c.activities, a)
	c.sayActivity(a)
	return a
}

// end closes an activity; nil, or one that is closed, is left as it is.
func (c *core) end(a *Activity, s ActivityStatus, message string) {
	if a == nil || a.Status != InProgress {
		return
	}
	a.Status, a.StatusMessage, a.End = s, message, c.time(c.now)
	c.sayActivity(a)
}

// failed writes an activity that failed at once into the history.
func (c *core) failed(description, cause, zone, message string) {
	a := &Activity{
		ID: len(c.activities) + 1, Status: Failed, Description: description, Cause: cause,
		StatusMessage: message, Zone: zone, Start: c.time(c.now), End: c.time(c.now),
	}
	c.activities = append(c.activities, a)
	c.sayActivity(a)
}

func (c *core) sayActivity(a *Activity) {
	data := map[string]any{
		"activity": a.ID, "status": string(a.Status), "description": a.Description, "cause": a.Cause,
		"instance": a.Instance, "zone": a.Zone,
	}
	if a.StatusMessage != "" {
		data["message"] = a.StatusMessage
	}
	c.say(showdown.ScalingActivity, c.spec.Name, data)
}

// say queues an event.
func (c *core) say(kind showdown.EventKind, target string, data map[string]any) {
	c.events = append(c.events, showdown.Event{Kind: kind, Source: "autoscaling", Target: target, Data: data})
}

// sayCapacity says the group's size where it has changed.
func (c *core) sayCapacity() {
	zones := make(map[string]int, len(c.zones))
	for _, z := range c.zones {
		zones[z.name] = 0
	}
	counts := map[Lifecycle]int{}
	for _, m := range c.members {
		counts[m.state]++
		if m.state == InService {
			zones[m.zone]++
		}
	}
	data := map[string]any{
		"min": c.min, "max": c.max, "desired": c.desired,
		"in_service": counts[InService], "pending": counts[Pending], "terminating": counts[Terminating],
		"zones": zones,
	}
	if n := counts[Standby]; n > 0 {
		data["standby"] = n
	}
	if n := counts[WarmedPending] + counts[WarmedRunning] + counts[WarmedStopped]; n > 0 {
		data["warm"] = n
	}
	// fmt prints maps in the order of their keys.
	if text := fmt.Sprint(data); text != c.saidCapacity {
		c.saidCapacity = text
		c.say(showdown.ScalingCapacity, c.spec.Name, data)
	}
}
