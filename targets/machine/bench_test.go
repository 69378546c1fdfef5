package machine_test

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"showdown/targets/cloud"
)

// BenchmarkServe asks a machine over kept connections as fast as it answers, and
// reports the CPU time that the machine's process takes for 100,000 requests.
func BenchmarkServe(b *testing.B) {
	for _, work := range []float64{0, 1} { // 1: 70 µs on a virtual CPU, so a timer each
		b.Run(fmt.Sprintf("work=%g", work), func(b *testing.B) {
			s := newSite(b)
			c := s.config("web-1", 0)
			c.Capacity.Work, c.Capacity.Queue = work, 1000
			m, err := s.backend.Start(b.Context(), c)
			if err != nil {
				b.Fatal(err)
			}
			const connections = 16
			var (
				left atomic.Int64
				wait sync.WaitGroup
			)
			left.Store(int64(b.N))
			before := ticks(b, m)
			b.ResetTimer()
			for range connections {
				l, err := dial(net.JoinHostPort(c.Private, strconv.Itoa(cloud.Port)))
				if err != nil {
					b.Fatal(err)
				}
				defer l.Close()
				wait.Go(func() {
					for left.Add(-1) >= 0 {
						if status, err := l.ask(patience); err != nil || status != 200 {
							b.Errorf("%d %v", status, err)
							return
						}
					}
				})
			}
			wait.Wait()
			b.StopTimer()
			const perSecond = 100 // the kernel's clock ticks
			used := float64(ticks(b, m)-before) / perSecond
			b.ReportMetric(used/float64(b.N)*1e5, "cpu-s/100k")
		})
	}
}

// ticks is the CPU time, in clock ticks, that a machine's process has taken: fields
// 14 and 15 of its stat.
func ticks(b *testing.B, m cloud.Machine) int {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.Identity().PID))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		b.Fatal(err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		b.Fatal(err)
	}
	return user + system
}
