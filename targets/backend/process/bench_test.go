package process_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"showdown/targets/cloud"
)

// BenchmarkStart starts machines at once, until each has answered a request, and
// reports the lab time of that, the proportional set size of a machine, and the sum
// of all with the spawner, in MiB. The machines are this test's binary, which holds
// about what the real one does.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			l := newLab(b)
			var (
				took  time.Duration
				kib   int
				total int
			)
			for b.Loop() {
				at := time.Now()
				machines := startAll(b, l, n)
				took += time.Since(at)
				b.StopTimer()
				sum := 0
				for _, m := range machines {
					sum += pss(b, m.Identity().PID)
				}
				kib += sum
				total += sum + pss(b, l.Spawner().PID)
				endAll(b, machines)
				b.StartTimer()
			}
			rounds := float64(b.N)
			b.ReportMetric(float64(took.Microseconds())/1000/rounds, "ms")
			b.ReportMetric(float64(kib)/1024/rounds/float64(n), "pss_MiB/machine")
			b.ReportMetric(float64(total)/1024/rounds, "pss_MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func startAll(b *testing.B, l *lab, n int) []cloud.Machine {
	b.Helper()
	machines := make([]cloud.Machine, n)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			m, err := l.Start(context.Background(), config(l.slot, i))
			if err != nil {
				b.Error(err)
				return
			}
			machines[i] = m
			r, err := client.Get("http://" + endpoint(l.slot, i) + "/")
			if err != nil {
				b.Error(err)
				return
			}
			_ = r.Body.Close()
		})
	}
	wait.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return machines
}

func endAll(b *testing.B, machines []cloud.Machine) {
	b.Helper()
	var wait sync.WaitGroup
	for _, m := range machines {
		wait.Go(func() {
			if err := m.Kill(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
}

// pss is a process's proportional set size in KiB.
func pss(b *testing.B, pid int) int {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Skip("the kernel tells no proportional set size: ", err)
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			kib, err := strconv.Atoi(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))))
			if err != nil {
				b.Fatal(err)
			}
			return kib
		}
	}
	b.Fatal("smaps_rollup has no Pss")
	return 0
}
