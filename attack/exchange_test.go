package attack

import (
	"context"
	"errors"
	"net"
	"os"
	"reflect"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const source = "127.0.0.77"

// askOnce puts one question and gives it a short time.
func askOnce(t *testing.T, server string, patience time.Duration) (reply, error) {
	t.Helper()
	x := newExchanges(net.ParseIP(source))
	return x.ask(t.Context(), server, question{id: 0x1234, name: asked}, time.Now().Add(patience))
}

// A name server, or somebody else, may send anything before the answer: only the
// answer counts.
func TestAskIgnoresNonsense(t *testing.T) {
	forger, err := net.ListenPacket("udp", "127.0.0.8:0")
	if err != nil {
		t.Fatal(err)
	}
	defer forger.Close()
	for name, before := range map[string]func(q *DNSQuery){
		"nothing": func(*DNSQuery) {},
		"noise":   func(q *DNSQuery) { q.Send([]byte("noise")); q.Send(nil) },
		"wrong id": func(q *DNSQuery) {
			m := q.Answer(60, "127.0.0.66")
			m.Id++
			q.Reply(m)
		},
		"wrong question": func(q *DNSQuery) {
			m := q.Answer(60, "127.0.0.66")
			m.Question[0].Name = "ww.shop.example."
			q.Reply(m)
		},
		"its own question": func(q *DNSQuery) { q.Reply(q.Msg) },
		"from elsewhere": func(q *DNSQuery) {
			m, _ := q.Answer(60, "127.0.0.66").Pack()
			forger.WriteTo(m, q.From)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := ServeDNS(t, "127.0.0.53", func(q *DNSQuery) {
				if ip, _, _ := net.SplitHostPort(q.From.String()); ip != source {
					t.Errorf("asked from %s, want %s", ip, source)
				}
				before(q)
				q.Reply(q.Answer(300, "127.0.0.5", "127.0.0.3"))
				// Once more, and another one: nobody listens any more.
				q.Reply(q.Answer(300, "127.0.0.66"))
			})
			r, err := askOnce(t, server, 5*time.Second)
			if want := (reply{resolved, addresses("127.0.0.5", "127.0.0.3"), 300}); err != nil || !reflect.DeepEqual(r, want) {
				t.Errorf("%+v, error %v; want %+v", r, err, want)
			}
		})
	}
}

func TestAskGetsNoAnswer(t *testing.T) {
	nonsense := ServeDNS(t, "127.0.0.53", func(q *DNSQuery) { q.Send([]byte("noise")) })
	if _, err := askOnce(t, nonsense, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
	if _, err := askOnce(t, "127.0.0.53:1053", 5*time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, want refused", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	silent := ServeDNS(t, "127.0.0.53", func(*DNSQuery) { cancel() })
	if _, err := newExchanges(nil).ask(ctx, silent, question{name: asked}, time.Now().Add(time.Hour)); err == nil {
		t.Error("a cancelled question has an answer")
	}
}

// An answer that does not fit is asked for again over TCP, within the same time.
func TestAskOverTCP(t *testing.T) {
	full := func(q *DNSQuery) *dns.Msg { return q.Answer(5, "127.0.0.1", "127.0.0.2", "127.0.0.3") }
	for name, test := range map[string]struct {
		tcp  func(q *DNSQuery)
		want int
	}{
		"whole":               {func(q *DNSQuery) { q.Reply(full(q)) }, 3},
		"after another's":     {func(q *DNSQuery) { m := full(q); m.Id++; q.Reply(m); q.Reply(full(q)) }, 3},
		"truncated as well":   {func(q *DNSQuery) { m := full(q); m.Truncated = true; q.Reply(m) }, 0},
		"half an answer":      {func(q *DNSQuery) { q.Send(nil) }, 0},
		"closed with nothing": {func(*DNSQuery) {}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var overTCP atomic.Int32
			server := ServeDNS(t, "127.0.0.53", func(q *DNSQuery) {
				if q.TCP {
					overTCP.Add(1)
					test.tcp(q)
					return
				}
				m := q.Answer(5, "127.0.0.1")
				m.Truncated = true
				q.Reply(m)
			})
			r, err := askOnce(t, server, 5*time.Second)
			if len(r.addresses) != test.want || (err == nil) != (test.want > 0) || overTCP.Load() != 1 {
				t.Errorf("%+v after %d questions over TCP, error %v; want %d addresses", r, overTCP.Load(), err, test.want)
			}
		})
	}
}

// An answer that comes after its time finds nobody, also when the next question is on
// its way: that has another socket and another id.
func TestLateAnswer(t *testing.T) {
	var late *DNSQuery
	server := ServeDNS(t, "127.0.0.53", func(q *DNSQuery) {
		if late == nil {
			late = q
			return
		}
		late.Reply(late.Answer(60, "127.0.0.66"))
		q.Reply(q.Answer(60, "127.0.0.3"))
	})
	n := &names{servers: []string{server}, timeout: 80 * time.Millisecond, ask: newExchanges(nil).ask}
	r, ok := n.look(t.Context(), &host{name: "www.shop.example"}, 1, 1)
	if want := addresses("127.0.0.3"); !ok || !reflect.DeepEqual(r.addresses, want) {
		t.Errorf("%+v, %v; want %v", r, ok, want)
	}
}

// One name server that refuses, or is not there, costs the other one a question.
func TestNextServer(t *testing.T) {
	var refusals atomic.Int32
	refusing := ServeDNS(t, "127.0.0.53", func(q *DNSQuery) {
		refusals.Add(1)
		m := q.Answer(0)
		m.Rcode = dns.RcodeRefused
		q.Reply(m)
	})
	good := ServeDNS(t, "127.0.0.54", func(q *DNSQuery) { q.Reply(q.Answer(60, "127.0.0.3")) })
	for _, other := range []string{refusing, "127.0.0.53:1053"} {
		n := &names{servers: []string{other, good}, timeout: 5 * time.Second, ask: newExchanges(nil).ask}
		for who := range uint32(20) {
			if r, ok := n.look(t.Context(), &host{name: "www.shop.example"}, who, 1); !ok || len(r.addresses) != 1 {
				t.Errorf("client %d beside %s: %+v, %v", who, other, r, ok)
			}
		}
	}
	if n := refusals.Load(); n < 3 || n > 17 {
		t.Errorf("%d of 20 clients asked the refusing one first", n)
	}
}
