package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"showdown"
	"showdown/targets/command"
)

// looker looks once at a running system, without asking who broke it.
type looker interface {
	// look says in words what it met, and whether that is how the fault shows. known is
	// false where it cannot tell.
	look(ctx context.Context) (words string, seen, known bool)
}

// newLooker is the probe of a step; folder is that of the stage file.
func newLooker(p *showdown.Probe, folder string) (looker, error) {
	switch {
	case p == nil:
		return nil, errors.New("no probe")
	case len(p.Run) > 0:
		c, err := prepareCommand(p.Command(), folder)
		if err != nil {
			return nil, fmt.Errorf("probe: %w", err)
		}
		return runLook{c, p.Expected()}, nil
	case p.HTTP != "":
		return httpLook{p.HTTP, p.Expected(), p.LookTimeout()}, nil
	case p.TCP != "":
		return tcpLook{p.TCP, p.Expected(), p.LookTimeout()}, nil
	}
	return dnsLook{p.DNS, p.Expected(), p.LookTimeout()}, nil
}

// showsBy says whether what works, or does not, is what is expected.
func showsBy(expected string, works bool) bool { return works == (expected == showdown.Works) }

type httpLook struct {
	url, expect string
	timeout     time.Duration
}

func (l httpLook) look(ctx context.Context) (string, bool, bool) {
	s := httpSight(ctx, http.MethodGet, l.url, l.timeout)
	if ctx.Err() != nil && s.Saw != Answered {
		return "cut off", false, false
	}
	words := fmt.Sprintf("GET %s: %s", l.url, s)
	if status, err := strconv.Atoi(l.expect); err == nil {
		return words, s.Saw == Answered && s.Status == status, true
	}
	return words, showsBy(l.expect, s.works()), true
}

// works says that an answer is one that users are content with.
func (s Sight) works() bool { return s.Saw == Answered && s.Status < http.StatusBadRequest }

// httpSight asks for a URL over a connection of its own and follows no redirection.
func httpSight(ctx context.Context, method, url string, timeout time.Duration) Sight {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return Sight{Saw: Nowhere, Err: err}
	}
	request.Header.Set("User-Agent", "showdown-probe")
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err == nil {
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxLooked))
	}
	took := time.Since(start)
	if err != nil {
		return Sight{Saw: sighting(err, Silent), Took: took, Err: err}
	}
	return Sight{Saw: Answered, Status: answer.StatusCode, Took: took}
}

// maxLooked is how much of an answer a probe reads, in bytes.
const maxLooked = 1 << 20

type tcpLook struct {
	address, expect string
	timeout         time.Duration
}

func (l tcpLook) look(ctx context.Context) (string, bool, bool) {
	within, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	start := time.Now()
	conn, err := new(net.Dialer).DialContext(within, "tcp", l.address)
	if err == nil {
		_ = conn.Close()
		return fmt.Sprintf("connected to %s in %s", l.address, round(time.Since(start))), showsBy(l.expect, true), true
	}
	if ctx.Err() != nil {
		return "cut off", false, false
	}
	s := Sight{Saw: sighting(err, Unreachable), Took: time.Since(start)}
	return fmt.Sprintf("%s: %s", l.address, s), showsBy(l.expect, false), true
}

type dnsLook struct {
	name, expect string
	timeout      time.Duration
}

func (l dnsLook) look(ctx context.Context) (string, bool, bool) {
	within, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	addresses, err := new(net.Resolver).LookupHost(within, l.name)
	if err != nil && ctx.Err() != nil {
		return "cut off", false, false
	}
	words := fmt.Sprintf("%s has the addresses %v", l.name, addresses)
	if err != nil {
		words = fmt.Sprintf("lookup of %s: %v", l.name, err)
	}
	if l.expect != showdown.Fails && l.expect != showdown.Works {
		return words, slices.Contains(addresses, l.expect), true
	}
	return words, showsBy(l.expect, err == nil), true
}

type runLook struct {
	*prepared
	expect string
}

func (l runLook) look(ctx context.Context) (string, bool, bool) {
	r, err := command.Run(ctx, l.Command)
	words := fmt.Sprintf("%s: exit %d in %s", l.words(), r.Exit, round(r.Took))
	if ctx.Err() != nil {
		return "cut off", false, false
	}
	if err != nil && r.Exit <= 0 { // it did not start, was killed, or was too slow
		return fmt.Sprintf("%s: %v", l.words(), err), false, false
	}
	return words, showsBy(l.expect, r.Exit == 0), true
}
