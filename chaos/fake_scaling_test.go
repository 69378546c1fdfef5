package chaos

import (
	"context"
	"fmt"
)

// The Auto Scaling group.

func (w *world) ScalingGroups() []string { return []string{"fleet"} }

func (w *world) Capacity(string) (desired, inService int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.az.desired, w.az.inService
}

func (w *world) Aside(instance string) bool { return instance == w.az.aside }

func (w *world) SetDesired(_ context.Context, group string, n int) error {
	w.tell("desired %s %d", group, n)
	if err := w.broken["desired"]; err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.desired = n
	w.grow()
	return nil
}

// grow lets the group follow, after a time. mu is held.
func (w *world) grow() {
	w.later(launchTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.az.suspended && !w.deaf["scaling"] {
			w.az.inService = w.az.desired
		}
	})
}

// lose takes instances of the group out of service, as a fault of the zone would.
func (w *world) lose(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.inService -= n
	w.grow()
}

func (w *world) StartRefresh(_ context.Context, group, instanceType string, minHealthy int) (string, error) {
	w.tell("refresh %s %s %d", group, instanceType, minHealthy)
	if err := w.broken["refresh"]; err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.refreshes = append(w.az.refreshes, instanceType)
	w.az.refresh, w.az.percent = "InProgress", 0
	status := "Successful"
	if w.deaf["refresh"] {
		status = "Failed"
	}
	number := len(w.az.refreshes)
	if w.deaf["refreshing"] && number == 1 {
		return "refresh-1", nil // it never comes to its end
	}
	w.later(refreshTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if number == len(w.az.refreshes) && w.az.refresh == "InProgress" {
			w.az.refresh, w.az.percent = status, 100
		}
	})
	return fmt.Sprintf("refresh-%d", number), nil
}

func (w *world) CancelRefresh(_ context.Context, group string) error {
	w.tell("cancel refresh %s", group)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.az.refresh != "InProgress" {
		return &Refusal{Operation: "CancelInstanceRefresh", Code: "ActiveInstanceRefreshNotFound"}
	}
	w.az.refresh = "Cancelled"
	return nil
}

func (w *world) RefreshStatus(string) (string, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.az.refresh, w.az.percent
}

func (w *world) Suspend(group string, processes ...string) error {
	w.tell("suspend %s %d", group, len(processes))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.suspended = true
	return nil
}

func (w *world) Resume(group string, processes ...string) error {
	w.tell("resume %s %d", group, len(processes))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.az.suspended = false
	w.grow()
	return nil
}
