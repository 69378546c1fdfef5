package chaos

import (
	"context"
	"slices"
	"strings"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// rules are what the fake knows of security groups: web-1 is in "front", web-2 in
// "back", and each group has sources.
type rules struct {
	let map[string][]string
	cut [][2]string
}

// guard gives the world its groups: the internet reaches both, and front reaches back.
func (w *world) guard() {
	w.rules.let = map[string][]string{
		"front": {showdown.FromInternet, "nodes"}, "back": {showdown.FromInternet, "front", "nodes"}, "nodes": {showdown.FromInternet},
	}
}

func (w *world) groupOf(instance string) string {
	if instance == "web-1" {
		return "front"
	}
	if strings.HasPrefix(instance, "lb-") {
		return "nodes"
	}
	return "back"
}

func (w *world) Members(group string) []string {
	switch group {
	case "front":
		return []string{"web-1"}
	case "back":
		return []string{"web-2"}
	}
	return nil
}

func (w *world) Allowed(source, instance string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	let := w.rules.let[w.groupOf(instance)]
	return slices.Contains(let, source) || source != showdown.FromInternet && slices.Contains(let, w.groupOf(source))
}

func (w *world) Cut(_ context.Context, a, b string) error {
	w.tell("cut %s %s", a, b)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deaf["cut"] {
		w.rules.cut = append(w.rules.cut, [2]string{a, b})
	}
	return nil
}

func (w *world) Uncut(_ context.Context, a, b string) error {
	w.tell("uncut %s %s", a, b)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules.cut = slices.DeleteFunc(w.rules.cut, func(c [2]string) bool { return c == [2]string{a, b} })
	return nil
}

// severed says that a link is cut. mu is held.
func (w *world) severed(from, to string) bool {
	if from != showdown.FromInternet {
		from = w.groupOf(from)
	}
	return slices.ContainsFunc(w.rules.cut, func(c [2]string) bool {
		return c == [2]string{from, w.groupOf(to)} || c == [2]string{w.groupOf(to), from}
	})
}

func (w *world) Authorize(_ context.Context, group, source string) error {
	w.tell("authorize %s %s", group, source)
	w.mu.Lock()
	defer w.mu.Unlock()
	if slices.Contains(w.rules.let[group], source) {
		return &Refusal{Operation: "AuthorizeSecurityGroupIngress", Code: "InvalidPermission.Duplicate", Message: "it is there"}
	}
	w.rules.let[group] = append(w.rules.let[group], source)
	return nil
}

func (w *world) Revoke(_ context.Context, group, source string) error {
	w.tell("revoke %s %s", group, source)
	w.mu.Lock()
	defer w.mu.Unlock()
	at := slices.Index(w.rules.let[group], source)
	if at < 0 {
		return &Refusal{Operation: "RevokeSecurityGroupIngress", Code: "InvalidPermission.NotFound", Message: "it is not there"}
	}
	w.rules.let[group] = slices.Delete(w.rules.let[group], at, at+1)
	return nil
}

func (w *world) Matrix(context.Context) error {
	w.tell("matrix")
	return nil
}

// keptOut says that a connection from a source is dropped on its way to an instance, and
// whether that holds for one that was open before.
func (w *world) keptOut(from, to string) (fresh, open bool) {
	w.mu.Lock()
	open = w.severed(from, to) || w.apart(from, to)
	w.mu.Unlock()
	return open || !w.Allowed(from, to), open
}

// connects is what a machine's connection to an address meets.
func (w *world) connects(ctx context.Context, from string, c cloud.Command) cloud.Counters {
	start := time.Now()
	path := c.Path
	if path == "" {
		path = healthPath
	}
	s := w.sight(ctx, from, c.Address, path, patience{c.Delay, c.Delay})
	look := &cloud.Look{Status: s.Status, Body: s.Body, Took: time.Since(start)}
	met := cloud.Silent
	switch s.Saw {
	case Answered:
		met, look.Connected = cloud.Answered, true
	case Refused:
		met = cloud.Refused
	case Silent:
		look.Connected = true
	}
	return cloud.Counters{Met: met, Look: look}
}
