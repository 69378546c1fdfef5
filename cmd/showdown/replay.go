package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"showdown/dashboards/live"
	"showdown/results"
)

// serveSpeed is how many AWS seconds pass in a second where a room watches: a detection of
// 45 s takes 4.5 s.
const serveSpeed = 10

// pageToken is where a token of one's own is read from, that whoever commands the page is
// asked for. It has no flag: command lines are seen by everyone on the machine.
const pageToken = "SHOWDOWN_TOKEN"

// defaultListen is where the page is served.
const defaultListen = "127.0.0.1:8089"

func listenFlag() cli.Flag {
	return &cli.StringFlag{Name: "listen", EnvVars: []string{"SHOWDOWN_LISTEN"}, Value: defaultListen, Usage: "serve the page at `ADDRESS`; beyond loopback a token is asked of whoever commands"}
}

func (t *terminal) replayCommand() *cli.Command {
	return &cli.Command{
		Name:      "replay",
		Usage:     "show a record on the live page, with pause, speed and seek",
		ArgsUsage: "RUN",
		Description: "RUN is a run's id, a unique prefix of it, the path of its folder, or latest; a journey is\n" +
			"shown stage by stage. Nothing is started: it is for rehearsal, and for the lesson when\n" +
			"the lab cannot run.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.Float64Flag{Name: "speed", EnvVars: []string{"SHOWDOWN_SPEED"}, Value: serveSpeed, Usage: "AWS seconds that pass in a second here"},
			&cli.BoolFlag{Name: "paused", EnvVars: []string{"SHOWDOWN_PAUSED"}, Usage: "wait at the start until somebody presses play"},
			listenFlag(), publicURLFlag(), outFlag(), quietFlag(),
		},
		Action: t.replay,
	}
}

func (t *terminal) replay(c *cli.Context) error {
	if c.NArg() != 1 {
		return misuse("showdown replay latest; showdown runs lists what was recorded", "replay: want one run")
	}
	speed := c.Float64("speed")
	if !(speed >= live.Slowest && speed <= live.Fastest) {
		return misuse("the default is 10: a detection of 45 s takes 4.5 s", "--speed: %g is not between %g and %d", speed, live.Slowest, live.Fastest)
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return err
	}
	run, err := t.resolve(c, store, c.Args().First())
	if err != nil {
		return err
	}
	hub := live.NewHub(time.Now)
	replay, err := live.NewReplay(hub, run.Stages(), speed, c.Bool("paused"))
	if err != nil {
		return hinted(err, "showdown runs says which records can be read")
	}
	page, err := t.serve(c, hub, live.Options{Replay: replay})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(c.Context)
	group.Go(func() error { return replay.Run(ctx) })
	group.Go(func() error { return page.Run(ctx) })
	t.progress(c, "replaying %s; interrupt it to end", run.ID)
	t.watching = true
	return group.Wait()
}

// servedPage is the live page with its hub.
type servedPage struct {
	hub      *live.Hub
	listener net.Listener
	handler  http.Handler
}

// serve listens where --listen says, so that a port in use is an error before anything is
// started, and prints the address.
func (t *terminal) serve(c *cli.Context, hub *live.Hub, o live.Options) (*servedPage, error) {
	public, publicHost, err := publicURL(c.String("public-url"))
	if err != nil {
		return nil, err
	}
	address := c.String("listen")
	listener, err := (&net.ListenConfig{}).Listen(c.Context, "tcp", address)
	if err != nil {
		return nil, hinted(fmt.Errorf("serve the page: %w", err), "choose a free address, such as --listen 127.0.0.1:0")
	}
	if host, _, err := net.SplitHostPort(address); err == nil && host != "" {
		o.Hosts = append(o.Hosts, host)
	}
	at, err := netip.ParseAddrPort(listener.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serve the page: %w", err), listener.Close())
	}
	url := "http://" + shownAddress(at, net.InterfaceAddrs) + "/"
	if public != "" {
		url, o.Hosts = public, append(o.Hosts, publicHost)
	}
	o.Address = url
	presenter := ""
	commands := o.Replay != nil || o.Control != nil
	if commands {
		o.Token = os.Getenv(pageToken)
	}
	// What stands before a loopback address lets others come there.
	others := !at.Addr().Unmap().IsLoopback() || publicHost != "" && !loopback(publicHost)
	if commands && (o.Token != "" || others) {
		if o.Token == "" {
			o.Token = rand.Text()
		}
		// A fragment is not sent, so that no log and no proxy has it.
		presenter = fmt.Sprintf("\nthe presenter opens %s?view=presenter#token=%s", url, o.Token)
	}
	fmt.Fprintf(t.stderr, "listening on %s%s\n", url, presenter)
	return &servedPage{hub: hub, listener: listener, handler: live.NewHandler(hub, o)}, nil
}

// Run serves the page until ctx ends.
func (p *servedPage) Run(ctx context.Context) error {
	server := &http.Server{
		Handler: p.handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		// Streams end with the page; a shutdown waits for them otherwise.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.hub.Run(ctx) })
	group.Go(func() error {
		if err := server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve the page: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := server.Shutdown(end); err != nil {
			return server.Close()
		}
		return nil
	})
	return group.Wait()
}

// shownAddress is the address that others can type: where the page listens everywhere, that
// of the first interface that leads out, by preference its IPv4 address.
func shownAddress(at netip.AddrPort, interfaces func() ([]net.Addr, error)) string {
	if !at.Addr().IsUnspecified() {
		return at.String()
	}
	best := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	addresses, err := interfaces()
	if err != nil {
		addresses = nil
	}
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || !p.Addr().IsGlobalUnicast() {
			continue
		}
		if best.IsLoopback() || p.Addr().Is4() && !best.Is4() {
			best = p.Addr()
		}
	}
	return netip.AddrPortFrom(best, at.Port()).String()
}
