package lab

import (
	"net"
	"sync"
	"testing"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
)

// TestStopCutsTheQueue: a shutdown does not wait for the requests that are queued for
// the CPU. With the same seed a stop takes as long as it does for an idle instance, and
// who still waits then is reset.
func TestStopCutsTheQueue(t *testing.T) {
	const clients = 60 // of 100 ms each: 6 s without a cut
	idle := stopped(t, 0)
	// A busy host can only make it later.
	least := time.Hour
	for range 5 {
		if least = min(least, stopped(t, clients)); least-idle < 40*time.Millisecond {
			return
		}
	}
	t.Errorf("an idle instance stopped in %s, one with a full queue in %s at best", idle, least)
}

// stopped is how long an instance without credits takes to stop while clients wait for
// its answers.
func stopped(t *testing.T, clients int) (took time.Duration) {
	t.Helper()
	t.Run("", func(t *testing.T) {
		b := newBench(t, 300)
		web := web("web-1", "t2.micro", false)
		web.Credits, web.Queue = "0", 100
		l := b.lab(web)
		m, _ := l.Machine("web-1")
		var ends sync.WaitGroup
		for range clients {
			conn, err := net.Dial("tcp", endpoint(t, l, "web-1"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: lab\r\n\r\n")); err != nil {
				t.Fatal(err)
			}
			ends.Go(func() {
				_ = connection{conn}.ended()
			})
		}
		eventually(t, "all requests to wait", func() bool {
			c, err := m.Do(t.Context(), cloud.Command{Verb: cloud.Stats})
			return err == nil && c.Requests >= uint64(clients)
		})
		at := time.Now()
		if err := l.EC2().StopInstances(t.Context(), "web-1"); err != nil {
			t.Fatal(err)
		}
		in, err := l.EC2().Wait(t.Context(), "web-1", func(in ec2.Instance) bool { return in.State == ec2.Stopped })
		if err != nil {
			t.Fatal(err)
		}
		took = in.Since.Sub(at)
		if least := b.clock.Lab(20 * showdown.Second); took < least {
			t.Errorf("it stopped within %s, before %s", took, least)
		}
		ends.Wait()
	})
	return took
}
