package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/attack"
	"showdown/attack/scenario"
	"showdown/targets/journeys"
)

// attackScenario reads the scenario of an attack from its file, and from the flags that
// say how clients speak to the server, which count before the file.
func attackScenario(c *cli.Context, config *attack.URLConfig) error {
	s := new(showdown.Scenario)
	if name := c.String("scenario"); name != "" {
		if c.String("targets") != "" {
			return misuse("leave one of the two out", "attack: --scenario and --targets exclude each other")
		}
		if c.IsSet("method") || c.IsSet("body") {
			return misuse("write them into the scenario", "attack: the requests of --scenario have methods and bodies of their own")
		}
		traffic := showdown.Traffic{Clients: config.Clients}
		if config.Rate > 0 {
			traffic.Phases = []showdown.Phase{{Name: "attack", For: showdown.Duration(config.Duration), Rate: config.Rate}}
		}
		var err error
		if s, err = journeys.LoadScenarioFile(name, traffic, os.LookupEnv); err != nil {
			return &failure{code: exitUsage, err: fmt.Errorf("attack: read the scenario: %w", err)}
		}
		config.Dir = filepath.Dir(name)
	}
	if c.IsSet("http") {
		s.HTTP = showdown.HTTPVersion(c.String("http"))
	}
	if c.IsSet("keepalive") {
		keep := c.Bool("keepalive")
		s.KeepAlive = &keep
	}
	if err := attackTLS(c, s); err != nil {
		return err
	}
	config.Scenario = s
	return nil
}

// attackTLS takes the flags of TLS over. Their files lie where the command runs, those of a
// scenario beside it.
func attackTLS(c *cli.Context, s *showdown.Scenario) error {
	tls := new(showdown.TLS)
	if s.TLS != nil {
		*tls = *s.TLS
	}
	set := false
	for _, f := range []struct {
		name string
		to   *string
	}{{"cacert", &tls.CA}, {"cert", &tls.Certificate}, {"key", &tls.Key}} {
		if !c.IsSet(f.name) {
			continue
		}
		path, err := filepath.Abs(c.String(f.name))
		if err != nil {
			return fmt.Errorf("attack: --%s: %w", f.name, err)
		}
		*f.to, set = path, true
	}
	if c.IsSet("server-name") {
		tls.ServerName, set = c.String("server-name"), true
	}
	if c.IsSet("insecure") {
		tls.Insecure, set = c.Bool("insecure"), true
	}
	if set {
		s.TLS = tls
	}
	return nil
}

// attackCommandLine is the command line for the record, without what may be secret: the
// password of a URL, and values of headers that say who asks. A header with a value of the
// environment stands there as it was written.
func attackCommandLine(c *cli.Context) []string {
	words := []string{"showdown", c.Command.Name}
	for _, name := range c.LocalFlagNames() {
		switch name {
		case "header":
			for _, h := range c.StringSlice(name) {
				words = append(words, "--header="+withoutCredentials(h))
			}
		case "url":
			words = append(words, "--url="+withoutPassword(c.String(name)))
		default:
			words = append(words, "--"+name+"="+fmt.Sprint(c.Value(name)))
		}
	}
	return append(words, c.Args().Slice()...)
}

// named is a value of a header that is one of the environment, and no secret itself.
var named = regexp.MustCompile(`^\s*([A-Za-z]+\s+)?(\$` + scenario.NamePattern + `|\$\{` + scenario.NamePattern + `\})\s*$`)

// withoutCredentials is a header without its value where that says who asks.
func withoutCredentials(header string) string {
	name, value, _ := strings.Cut(header, ":")
	for _, word := range []string{"auth", "cookie", "token", "key", "secret", "password", "session", "credential"} {
		if strings.Contains(strings.ToLower(name), word) && !named.MatchString(value) {
			return name + ": xxxxx"
		}
	}
	return header
}

// withoutPassword is a URL without the password in it.
func withoutPassword(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return raw
	}
	return u.Redacted()
}
