package ec2

import (
	"testing"
	"testing/synctest"

	"showdown"
)

// TestTerminatedAddresses: the addresses of a terminated instance refuse, or are silent
// where that is asked for, until the Region is closed.
func TestTerminatedAddresses(t *testing.T) {
	for _, silent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newTestRegion(t, nil)
			place(t, s, Launch{Name: "web-1", Type: "m5.large"})
			before, _ := s.region.Instance("web-1")
			m := s.backend.machine("web-1")
			terminate, want := s.region.TerminateInstances, ""
			if silent {
				terminate, want = s.region.TerminateSilently, silence
			}
			if err := terminate(s.ctx, "web-1"); err != nil {
				t.Fatal(err)
			}
			until(t, s, "web-1", Terminated)
			for _, address := range []string{before.Public, before.Private} {
				if got := s.backend.answers(address); got != want {
					t.Errorf("silent %v: %s gives %q, want %q", silent, address, got, want)
				}
			}
			if _, lives := s.region.Machine("web-1"); lives || alive(m) != silent {
				t.Errorf("silent %v: the instance's machine lives %v, its process %v", silent, lives, alive(m))
			}
			if err := s.region.Close(s.ctx); err != nil || alive(m) {
				t.Errorf("silent %v: after the end the process lives %v, %v", silent, alive(m), err)
			}
		})
	}
}

// TestNameOfATerminatedInstance: its name is free again, the new instance has new
// addresses, and both are billed.
func TestNameOfATerminatedInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		place(t, s, Launch{Name: "web-1", Type: "m5.large"})
		before, _ := s.region.Instance("web-1")
		if _, err := s.region.RunInstances(s.ctx, Launch{Name: "web-1", Type: "m5.large"}); err == nil {
			t.Fatal("a name was given twice")
		}
		if err := s.region.TerminateSilently(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-1", Terminated)
		if _, err := s.region.RunInstances(s.ctx, Launch{Name: "web-1", Type: "m5.large", AppBoot: 10 * showdown.Second}); err != nil {
			t.Fatal(err)
		}
		if err := s.region.WaitListening(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		now, _ := s.region.Instance("web-1")
		if now.State != Running || now.Public == before.Public || now.Private == before.Private {
			t.Errorf("before %s and %s, now %s with %s and %s", before.Public, before.Private, now.State, now.Public, now.Private)
		}
		if got := s.backend.answers(before.Public); got != silence {
			t.Errorf("the old address gives %q", got)
		}
		instances, _ := s.region.Usage(now.Since)
		if len(instances) != 2 || !instances[0].Terminated || instances[1].Terminated || len(instances[0].Runs) != 1 {
			t.Errorf("usage is %+v", instances)
		}
	})
}

// TestElasticIPOfATerminatedInstance moves to another one although its old place is
// silent.
func TestElasticIPOfATerminatedInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestRegion(t, nil)
		address, err := s.region.AllocateAddress(s.ctx)
		if err != nil {
			t.Fatal(err)
		}
		place(t, s, Launch{Name: "web-1", Type: "m5.large", ElasticIP: address})
		place(t, s, Launch{Name: "web-2", Type: "m5.large"})
		if err := s.region.TerminateSilently(s.ctx, "web-1"); err != nil {
			t.Fatal(err)
		}
		until(t, s, "web-1", Terminated)
		if got := s.backend.answers(address); got != silence {
			t.Errorf("the elastic IP gives %q", got)
		}
		if err := s.region.AssociateAddress(s.ctx, address, "web-2", false); err != nil {
			t.Fatal(err)
		}
		if got := s.backend.answers(address); got != "web-2" {
			t.Errorf("the elastic IP gives %q, want web-2", got)
		}
	})
}
