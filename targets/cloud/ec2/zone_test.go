package ec2

import (
	"testing"
	"testing/synctest"

	"showdown"
)

// TestZoneWithoutCapacity: a closed zone refuses launches and starts with
// InsufficientInstanceCapacity and leaves nothing behind; what runs there goes on, other
// zones take instances, and it takes them again when it is opened (EC2 User Guide,
// Troubleshoot instance launch issues).
func TestZoneWithoutCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const zone = "us-east-1a"
		var said []bool
		s := newTestRegion(t, func(e showdown.Event) {
			if e.Kind == showdown.ZoneCapacity && e.Target == zone {
				said = append(said, e.Data["open"].(bool))
			}
		})
		for _, name := range []string{"web-1", "web-2"} {
			place(t, s, Launch{Name: name, Type: "m5.large", Zone: zone})
		}
		if err := s.region.StopInstances(s.ctx, "web-2"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-2", Stopped)
		s.region.CloseZone(zone)
		s.region.CloseZone(zone) // twice is once

		if err := s.region.StartInstances(s.ctx, "web-2"); Code(err) != CodeInsufficientCapacity {
			t.Errorf("a start in a full zone: %v", err)
		}
		both := []Launch{{Name: "web-3", Type: "m5.large", Zone: "us-east-1b"}, {Name: "web-4", Type: "m5.large", Zone: zone}}
		if _, err := s.region.RunInstances(s.ctx, both...); Code(err) != CodeInsufficientCapacity {
			t.Errorf("launches of which one is in a full zone: %v", err)
		}
		if _, ok := s.region.Instance("web-3"); ok {
			t.Error("one of two launches was carried out")
		}
		if err := s.region.DryRun(zone, "m5.large"); Code(err) != CodeInsufficientCapacity {
			t.Errorf("a dry run in a full zone: %v", err)
		}
		if in, _ := s.region.Instance("web-1"); in.State != Running {
			t.Errorf("an instance in a full zone is %s", in.State)
		}
		if _, err := s.region.RunInstances(s.ctx, both[0]); err != nil {
			t.Errorf("a launch in another zone: %v", err)
		}
		s.region.OpenZone(zone)
		if err := s.region.StartInstances(s.ctx, "web-2"); err != nil {
			t.Errorf("a start in a zone that is open again: %v", err)
		}
		if len(said) != 2 || said[0] || !said[1] {
			t.Errorf("the zone was said to be open: %v, want false, then true", said)
		}
	})
}

// TestPrivateInstance: an instance of a subnet without public addresses has none, also
// after a stop and start, and none is billed.
func TestPrivateInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "m5.large", NoPublic: true})
		check := func(when string) {
			t.Helper()
			if in, _ := s.region.Instance("web-1"); in.Public != "" || in.Private == "" {
				t.Errorf("%s: public %q, private %q", when, in.Public, in.Private)
			}
		}
		check("placed")
		if err := s.region.StopInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-1", Stopped)
		if err := s.region.StartInstances(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		if err := s.region.WaitListening(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		check("started again")
	})
}

// TestImpairedSince: it is the moment of the first check that found the instance
// impaired, and gone when the checks pass again.
func TestImpairedSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "m5.large"})
		m, _ := s.region.Machine("web-1")
		if err := m.Kill(s.ctx); err != nil {
			t.Fatal(err)
		}
		impaired, err := s.region.Wait(s.ctx, "web-1", func(in Instance) bool { return in.Status.Instance == Impaired })
		if err != nil || impaired.ImpairedSince.IsZero() {
			t.Fatalf("impaired since %v, %v", impaired.ImpairedSince, err)
		}
		if err := s.region.Restart(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		ok, err := s.region.Wait(s.ctx, "web-1", func(in Instance) bool { return in.Status.Instance == HealthOK })
		if err != nil || !ok.ImpairedSince.IsZero() {
			t.Errorf("ok, and impaired since %v, %v", ok.ImpairedSince, err)
		}
		if !ok.Launched.Before(impaired.ImpairedSince) {
			t.Errorf("launched at %v, impaired at %v", ok.Launched, impaired.ImpairedSince)
		}
	})
}
