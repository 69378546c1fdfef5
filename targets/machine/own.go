package machine

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"time"

	"showdown/targets/cloud"
)

// healthPath is where every machine says that it lives, whatever it runs.
const healthPath = "/healthz"

// asksHealth says that a request asks how the application is. A program whose health path
// is its front page has no page of that kind.
func (m *machine) asksHealth(r *http.Request) bool {
	if m.program == nil {
		return r.URL.Path == healthPath
	}
	return looking(r) || m.program.Health != "/" && r.URL.Path == toHealth(r, m.program.Health).URL.Path
}

// tellHealth answers such a request.
func (m *machine) tellHealth(w http.ResponseWriter, r *http.Request) {
	if m.program == nil {
		_, _ = io.WriteString(w, "ok\n")
		return
	}
	if looking(r) {
		r = toHealth(r, m.program.Health)
	}
	m.app.ServeHTTP(w, r)
}

// run starts the machine's own program and returns when it answers; a machine without one
// has nothing to start.
func (m *machine) run(ctx context.Context) (err error) {
	if m.config.Program == nil {
		return nil
	}
	adopt()
	if m.program, err = startProgram(ctx, m.config); err != nil {
		return err
	}
	m.app = relay(m.program)
	return nil
}

// sameEnd is how long the end of a program may come before the signal that ends both it
// and its machine is noticed here.
const sameEnd = 100 * time.Millisecond

// follow watches the machine's program until ctx ends. When it ends by itself the machine
// refuses from then on, as a system does on which nothing listens any more, and says it.
func (m *machine) follow(ctx context.Context) {
	p := m.program
	if p == nil {
		return
	}
	go func() {
		<-p.ended
		if p.leaving.Load() || ctx.Err() != nil {
			return
		}
		at := time.Now()
		_ = m.turn(func() { m.down = true }) // listeners that cannot be closed answer with the end of the connection
		for _, c := range m.conns.at(netip.Addr{}) {
			_ = c.Close()
		}
		p.endOrphans() // as a service manager does
		wait := time.NewTimer(sameEnd)
		defer wait.Stop()
		select {
		case <-ctx.Done():
			return
		case <-m.life.Done():
			return
		case <-wait.C:
		}
		if !p.leaving.Load() {
			m.note(cloud.Note{At: at, Program: &cloud.ProgramNote{Exit: p.exit, Output: p.lastLines()}})
		}
	}()
}
