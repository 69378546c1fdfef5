package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/attack"
	"showdown/attack/scenario"
	"showdown/play"
	"showdown/results"
	"showdown/results/report"
)

func (t *terminal) attackCommand() *cli.Command {
	return &cli.Command{
		Name:  "attack",
		Usage: "drive load at any URL of your own, and measure it",
		Description: "The same generator, record and analysis as those of a stage, without a lab.\n" +
			"--targets reads vegeta's target files (http and json; - is standard input).\n" +
			"--scenario reads requests with weights, or the steps of a session, that are sent to --url:\n" +
			"docs/scenarios.md describes the file. In --header, $NAME is a value of the environment,\n" +
			"which no record keeps.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "url", EnvVars: []string{"SHOWDOWN_URL"}, Usage: "what to ask for"},
			&cli.StringFlag{Name: "targets", EnvVars: []string{"SHOWDOWN_TARGETS"}, Usage: "vegeta target `FILE`, instead of --url"},
			&cli.StringFlag{Name: "format", EnvVars: []string{"SHOWDOWN_FORMAT"}, Usage: "format of the target file: http or json (default: seen from its first byte)"},
			&cli.Float64Flag{Name: "rate", EnvVars: []string{"SHOWDOWN_RATE"}, Value: 100, Usage: "requests per second; 0 is as fast as the workers can"},
			&cli.DurationFlag{Name: "duration", EnvVars: []string{"SHOWDOWN_DURATION"}, Value: 10 * time.Second, Usage: "how long"},
			&cli.IntFlag{Name: "workers", EnvVars: []string{"SHOWDOWN_WORKERS"}, Value: 10, Usage: "connections with rate 0"},
			&cli.StringFlag{Name: "profile", EnvVars: []string{"SHOWDOWN_PROFILE"}, Value: string(showdown.Browser), Usage: "what clients do with addresses and connections: " + profileNames()},
			&cli.IntFlag{Name: "clients", EnvVars: []string{"SHOWDOWN_CLIENTS"}, Usage: "how many users take turns (default 10)"},
			&cli.StringFlag{Name: "method", EnvVars: []string{"SHOWDOWN_METHOD"}, Value: http.MethodGet, Usage: "HTTP method"},
			&cli.StringSliceFlag{Name: "header", EnvVars: []string{"SHOWDOWN_HEADER"}, Usage: "`\"NAME: VALUE\"`, may be repeated"},
			&cli.StringFlag{Name: "body", EnvVars: []string{"SHOWDOWN_BODY"}, Usage: "request body; @FILE reads it from a file"},
			&cli.DurationFlag{Name: "timeout", EnvVars: []string{"SHOWDOWN_TIMEOUT"}, Value: 2 * time.Second, Usage: "bound of a request, connecting included"},
			&cli.BoolFlag{Name: "yes", EnvVars: []string{"SHOWDOWN_YES"}, Usage: "the host is mine, although it is neither loopback nor private"},
			&cli.StringFlag{Name: "scenario", EnvVars: []string{"SHOWDOWN_SCENARIO"}, Usage: "`FILE` with the requests that are sent to --url"},
			&cli.StringFlag{Name: "http", EnvVars: []string{"SHOWDOWN_HTTP"}, Usage: "version of HTTP: 1.1 or 2 (default 1.1)"},
			&cli.BoolFlag{Name: "keepalive", EnvVars: []string{"SHOWDOWN_KEEPALIVE"}, Value: true, Usage: "let connections carry more than one request"},
			&cli.StringFlag{Name: "cacert", EnvVars: []string{"SHOWDOWN_CACERT"}, Usage: "PEM `FILE` of the certificates that servers are trusted by"},
			&cli.StringFlag{Name: "cert", EnvVars: []string{"SHOWDOWN_CERT"}, Usage: "PEM `FILE` of the client's certificate"},
			&cli.StringFlag{Name: "key", EnvVars: []string{"SHOWDOWN_KEY"}, Usage: "PEM `FILE` of the client's key"},
			&cli.StringFlag{Name: "server-name", EnvVars: []string{"SHOWDOWN_SERVER_NAME"}, Usage: "name that the server's certificate must have"},
			&cli.BoolFlag{Name: "insecure", EnvVars: []string{"SHOWDOWN_INSECURE"}, Usage: "accept any certificate"},
			seedFlag(), outFlag(), jsonFlag(), quietFlag(), noColorFlag(), metricsFlag(), lingerFlag(), remoteWriteFlag(),
		},
		Action: t.attack,
	}
}

func profileNames() string {
	var names []string
	for _, p := range showdown.Profiles() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

func (t *terminal) attack(c *cli.Context) (err error) {
	if err := noArguments(c); err != nil {
		return err
	}
	config, err := t.attackConfig(c)
	if err != nil {
		return err
	}
	// What cannot be sent is said before a record is opened for it.
	probe, err := attack.NewURL(config)
	if err != nil {
		return &failure{code: exitUsage, err: err, hint: "showdown attack --help"}
	}
	if err := allowed(c.Context, probe.Hosts(), c.Bool("yes")); err != nil {
		return err
	}
	if config.Targets != nil {
		config.Targets = bytes.NewReader(t.targetFile)
	}
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return err
	}
	served, err := t.serveMetrics(c, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, served.Close(c.Context, c.Duration("linger"))) }()
	if err := store.Writable(); err != nil {
		return err
	}
	defer attack.Tune()()

	stage := attackStage(c, probe)
	stage.Cells[0].Traffic.Scenario = *config.Scenario
	clock, err := showdown.NewClock(1)
	if err != nil {
		return err
	}
	ac := play.AttackConfig{
		Attack: config, Stage: stage, Seed: config.Seed,
		Command: attackCommandLine(c),
		Record: func(m *results.Manifest) (*results.Recorder, error) {
			return store.Create("attack", m)
		},
	}
	if served != nil {
		watched := served.stage(stage, clock)
		ac.Observers, ac.Started = append(ac.Observers, watched), watched.Started
	}
	ctx, stop := context.WithCancel(c.Context)
	ended := make(chan struct{})
	if c.Bool("quiet") {
		close(ended)
	} else {
		line := newStatus(t.stderr, stage, []*showdown.Cell{&stage.Cells[0]}, clock)
		ac.Observers = append(ac.Observers, line)
		go func() { defer close(ended); _ = line.Run(ctx) }()
	}
	result, err := play.Attack(c.Context, ac)
	stop()
	<-ended
	t.recorded = result.Dir
	if result.Summary == nil {
		return err
	}
	t.progress(c, "recorded in %s", quoted(result.Dir))
	if c.Bool("json") {
		return errors.Join(err, t.document(result.Summary))
	}
	if err != nil && result.Summary.Requests.Scheduled == 0 {
		return err
	}
	return errors.Join(err, report.Terminal(t.stdout, result.Summary, t.colour(c, t.stdout)))
}

// attackConfig reads the flags.
func (t *terminal) attackConfig(c *cli.Context) (attack.URLConfig, error) {
	config := attack.URLConfig{
		URL: c.String("url"), Format: c.String("format"), Method: c.String("method"), Header: http.Header{},
		Rate: c.Float64("rate"), Workers: c.Int("workers"), Duration: c.Duration("duration"), Timeout: c.Duration("timeout"),
		Profile: showdown.Profile(c.String("profile")), Clients: c.Int("clients"), Seed: c.Uint64("seed"), Public: c.Bool("yes"),
		Sink: func([]showdown.Hit) {},
	}
	switch {
	case config.URL == "" && c.String("targets") == "":
		return config, misuse("showdown attack --url http://127.0.0.1:8080/", "attack: want --url or --targets")
	case config.URL != "" && c.String("targets") != "":
		return config, misuse("leave one of the two out", "attack: --url and --targets exclude each other")
	case config.Duration <= 0:
		return config, misuse("write --duration 10s", "attack: --duration %s is no time", config.Duration)
	case config.Timeout <= 0:
		return config, misuse("write --timeout 2s", "attack: --timeout %s is no time", config.Timeout)
	}
	for _, h := range c.StringSlice("header") {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return config, misuse(`write --header "Accept: text/html"`, "attack: header %q has no name and colon", h)
		}
		if value, err := scenario.ExpandHeader(value, os.LookupEnv); err != nil {
			return config, misuse("set the variable, or write $$ for a dollar", "attack: header %s: %w", strings.TrimSpace(name), err)
		} else {
			config.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	body := c.String("body")
	if file, ok := strings.CutPrefix(body, "@"); ok {
		data, err := os.ReadFile(file)
		if err != nil {
			return config, misuse("name a file that can be read after --body @", "attack: read the body: %w", err)
		}
		body = string(data)
	}
	if body != "" {
		config.Body = []byte(body)
	}
	if name := c.String("targets"); name != "" {
		data, err := t.readInput(name)
		if err != nil {
			return config, misuse("name a file that can be read, or - for standard input", "attack: read the targets: %w", err)
		}
		t.targetFile = data
		config.Targets = bytes.NewReader(data)
	}
	return config, attackScenario(c, &config)
}

// allowed fails for hosts that may be somebody else's, unless the user said yes.
func allowed(ctx context.Context, hosts []string, yes bool) error {
	if yes {
		return nil
	}
	for _, host := range hosts {
		public, err := attack.PublicHost(ctx, nil, host)
		if err != nil {
			return hinted(err, "look at the URL, and at the name in it")
		}
		if public {
			return misuse("if the host is yours, or its owner agreed, add --yes", "attack: %s is neither loopback nor private", host)
		}
	}
	return nil
}

// attackStage describes an attack in the form of a stage, for the record.
func attackStage(c *cli.Context, a *attack.Attack) *showdown.Stage {
	rate := c.Float64("rate")
	title := strings.Join(a.Hosts(), ", ")
	if url := c.String("url"); url != "" {
		title = withoutPassword(url)
	}
	return &showdown.Stage{
		Version: showdown.FormatVersion, Journey: "attack", Name: "url", Title: title,
		SLO: showdown.SLO{Availability: 0.99, Latency: showdown.LabDuration(250 * time.Millisecond)},
		Cells: []showdown.Cell{{
			Name: showdown.BaseCell,
			Traffic: showdown.Traffic{
				Clients: a.Clients(), Profile: showdown.Profile(c.String("profile")),
				Timeout: showdown.Duration(c.Duration("timeout")), Method: c.String("method"),
				Phases: []showdown.Phase{{Name: "attack", For: showdown.Duration(c.Duration("duration")), Pace: showdown.Constant, Rate: rate}},
			},
		}},
	}
}
