package machine

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"showdown/targets/cloud"
)

// do carries out a command and returns when it is in effect. Doing twice what is
// done already is no error. Only Stats and Connect have counters.
func (m *machine) do(c cloud.Command) (*cloud.Counters, error) {
	if m.node != nil {
		switch c.Verb {
		case cloud.Delay, cloud.Errors, cloud.Steal, cloud.Fill, cloud.Leak, cloud.Skew:
			return nil, errors.New("a load balancer's node has no application and no capacity")
		}
	}
	if m.program != nil {
		switch c.Verb {
		case cloud.Steal:
			return nil, errors.New("its program has the computer's CPU, of which none can be taken away")
		case cloud.Skew:
			return nil, errors.New("its program reads the computer's clock, which cannot be put ahead")
		}
	}
	switch c.Verb {
	case cloud.Stats:
		counters := m.counters()
		return &counters, nil
	case cloud.Listen, cloud.Unlisten:
		if (c.Verb == cloud.Listen) == c.Off {
			return nil, m.unlisten(c.Address)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		return nil, m.bind(c.Address)
	case cloud.Refuse:
		return nil, m.turn(func() { m.refused = !c.Off })
	case cloud.Reset:
		return nil, m.reset(!c.Off)
	case cloud.Blackhole:
		return nil, m.swallow(!c.Off)
	case cloud.Delay:
		return nil, setDelay(func(d time.Duration) { m.delay.Store(int64(d)) }, c)
	case cloud.Steal:
		if c.Off {
			c.Share = 0
		}
		if err := checkShare(c.Share); err != nil {
			return nil, err
		}
		m.cpu.setSteal(c.Share)
		return nil, nil
	case cloud.Errors:
		return nil, m.failures.set(c)
	case cloud.Fill:
		m.cpu.setHeld(!c.Off)
		return nil, nil
	case cloud.Lag:
		return nil, setDelay(m.lag.set, c)
	case cloud.Skew:
		if c.Off {
			c.Delay = 0
		}
		m.skew.Store(int64(c.Delay))
		return nil, nil
	case cloud.Leak:
		if c.Off {
			m.memory.release()
			return nil, nil
		}
		return nil, m.memory.leak(time.Now(), c.Share)
	case cloud.Protect:
		if c.Off {
			c.Inbound = nil
		} else if c.Inbound == nil {
			return nil, errNoInbound
		}
		return nil, m.protect(c.Inbound)
	case cloud.Connect:
		return m.connect(m.life, c)
	case cloud.Vacate:
		return nil, m.vacate(c)
	case cloud.Balance:
		return nil, m.balance(c.Balancer)
	}
	return nil, fmt.Errorf("unknown verb %q", c.Verb)
}

// setDelay sets what c delays, to nothing where it is off.
func setDelay(set func(time.Duration), c cloud.Command) error {
	if c.Off {
		c.Delay = 0
	}
	if c.Delay < 0 {
		return fmt.Errorf("delay %s is negative", c.Delay)
	}
	set(c.Delay)
	return nil
}

func checkShare(share float64) error {
	if !(share >= 0 && share <= 1) {
		return fmt.Errorf("share %g is outside 0 to 1", share)
	}
	return nil
}

// mode is what every endpoint does, given the faults that are on: the most silent
// one wins. m.mu is held.
func (m *machine) mode() mode {
	switch {
	case m.blackhole || m.vacated:
		return blackholing
	case m.refused || m.vacating || m.down:
		return refusing
	case m.resetting.Load():
		return resetting
	}
	return serving
}

// turn changes a fault and brings every endpoint to it. When one of them fails, the
// change is taken back.
func (m *machine) turn(change func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.turnLocked(change)
}

func (m *machine) turnLocked(change func()) error {
	blackhole, refused := m.blackhole, m.refused
	change()
	err := m.apply()
	if err != nil {
		m.blackhole, m.refused = blackhole, refused
		err = errors.Join(err, m.apply())
	}
	return err
}

func (m *machine) apply() error {
	var errs []error
	to := m.mode()
	for _, e := range m.endpoints {
		errs = append(errs, e.set(to))
	}
	return errors.Join(errs...)
}

// unlisten gives an address up, with its connections.
func (m *machine) unlisten(text string) error {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return fmt.Errorf("address %q: %w", text, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.endpoints[addr]; e != nil {
		e.shut()
		delete(m.endpoints, addr)
	}
	for _, c := range m.conns.at(addr) {
		c.reset()
	}
	return nil
}

// reset resets the connections that come and those that are open.
func (m *machine) reset(on bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.resetting.Store(on)
	err := m.apply()
	if on {
		for _, c := range m.conns.at(netip.Addr{}) {
			c.reset()
		}
	}
	return err
}

// swallow makes the machine answer no packet. Open connections fall silent before
// new ones do, and speak again after new ones can come: nobody sees half a fault.
func (m *machine) swallow(on bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if on {
		m.gate.close()
	}
	err := m.turnLocked(func() { m.blackhole = on })
	if !m.blackhole {
		m.gate.open()
	}
	return err
}

// counters are the machine's own numbers.
func (m *machine) counters() cloud.Counters {
	c := cloud.Counters{
		Requests: m.requests.Load(),
		Rejected: m.rejected.Load(),
		Errors:   m.errors.Load(),
		Denied:   m.denied.Load(),
		Guard:    m.guarded(),

		MemoryMiB: m.memory.used(time.Now()),
	}
	m.cpu.read(&c)
	if m.node != nil {
		b := m.node.Counters()
		c.Requests, c.Balancer = b.Requests, &b
	}
	return c
}
