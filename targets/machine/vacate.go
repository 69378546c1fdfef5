package machine

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"showdown/targets/cloud"
)

// vacate ends the application as a stop does and keeps the addresses, which answer no
// packet from then on. Requests in flight have the order's delay, or [DrainLimit]
// without one. Off lets the application answer again.
func (m *machine) vacate(c cloud.Command) error {
	if c.Delay < 0 {
		return fmt.Errorf("delay %s is negative", c.Delay)
	}
	if c.Off {
		return m.occupy()
	}
	limit := c.Delay
	if limit == 0 {
		limit = DrainLimit
	}
	m.mu.Lock()
	if m.vacated || m.vacating {
		m.mu.Unlock()
		return nil
	}
	m.vacating = true
	silent := m.blackhole
	err := m.apply()
	m.mu.Unlock()
	if err == nil {
		m.program.ask()
		if !silent {
			m.quiesce(limit)
		}
		m.program.leave(leaveWait)
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	m.vacating = false
	if err != nil {
		return errors.Join(err, m.apply())
	}
	for _, c := range m.conns.at(netip.Addr{}) {
		_ = c.Close()
	}
	m.vacated = true
	m.node.rest()
	if err := m.apply(); err != nil {
		m.vacated = false
		m.node.check(m.life)
		m.server.SetKeepAlivesEnabled(true)
		return errors.Join(err, m.apply())
	}
	return nil
}

func (m *machine) occupy() error {
	if m.program != nil {
		return errors.New("its program has ended, start another machine")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.vacated = false
	m.server.SetKeepAlivesEnabled(true)
	m.node.check(m.life)
	return m.apply()
}

// quiesce waits until the requests in flight are answered, at most for limit, and ends
// the connections that idle.
func (m *machine) quiesce(limit time.Duration) {
	m.server.SetKeepAlivesEnabled(false)
	grace, end := time.NewTimer(min(newConnGrace, limit)), time.NewTimer(limit)
	defer grace.Stop()
	defer end.Stop()
	again := time.NewTicker(newConnGrace / 2) // another one who waits may take the change
	defer again.Stop()
	patient := true
	for {
		active, silent := m.states.count()
		if active == 0 && (silent == 0 || !patient) {
			m.conns.flush(end.C)
			return
		}
		select {
		case <-m.states.changed:
		case <-again.C:
		case <-grace.C:
			patient = false
		case <-end.C:
			return
		}
	}
}
