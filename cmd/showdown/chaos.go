package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"showdown/dashboards/live"
)

// commandWait is how long a lab may take to answer a command.
const commandWait = 10 * time.Second

func urlFlag() cli.Flag {
	return &cli.StringFlag{Name: "url", EnvVars: []string{"SHOWDOWN_URL"}, Value: "http://" + defaultListen, Usage: "`URL` of the showdown serve that is meant; its token is read from " + pageToken}
}

func (t *terminal) chaosCommand() *cli.Command {
	return &cli.Command{
		Name:  "chaos",
		Usage: "act on a running showdown serve",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "print the chaos actions of the stage that runs", OnUsageError: usage,
				Flags: []cli.Flag{urlFlag(), jsonFlag()}, Action: t.chaosList,
			},
			{
				Name: "start", Usage: "inject a chaos action", ArgsUsage: "ACTION", OnUsageError: usage,
				Description: "What is left out is as on the stage's own button. The letter that is printed names the\naction on the page and in the record.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "target", Usage: "whom it hits: an `INSTANCE`, all, one zone:us-east-1a ..."},
					&cli.DurationFlag{Name: "for", Usage: "heal it after this AWS `TIME`; 0s is at chaos heal", DefaultText: "the button's"},
					&cli.StringSliceFlag{Name: "with", Usage: "`NAME=VALUE` of the action, such as factor=5"},
					urlFlag(), jsonFlag(),
				},
				Action: t.chaosStart,
			},
			{
				Name: "heal", Usage: "undo everything that is in place", OnUsageError: usage,
				Flags: []cli.Flag{urlFlag(), jsonFlag()}, Action: t.chaosHeal,
			},
		},
		OnUsageError: usage,
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				return misuse("there are chaos list, chaos start and chaos heal", "%q is not a command of chaos", name)
			}
			return cli.ShowSubcommandHelp(c)
		},
	}
}

func (t *terminal) rateCommand() *cli.Command {
	return &cli.Command{
		Name: "rate", Usage: "change the load of a running showdown serve", ArgsUsage: "RATE", OnUsageError: usage,
		Description: "RATE is requests a second here, of each cell.",
		Flags:       []cli.Flag{urlFlag(), jsonFlag()},
		Action: func(c *cli.Context) error {
			rate, err := strconv.ParseFloat(c.Args().First(), 64)
			if err != nil || c.NArg() != 1 {
				return misuse("showdown rate 300", "rate: want one number of requests a second")
			}
			return t.order(c, "rate", map[string]any{"rate": rate})
		},
	}
}

func (t *terminal) chaosList(c *cli.Context) error {
	body, err := t.ask(c, http.MethodGet, "chaos", nil)
	if err != nil {
		return err
	}
	var list struct {
		Stage   string        `json:"stage"`
		Buttons []live.Button `json:"buttons"`
		Faults  []live.Fault  `json:"faults"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return fmt.Errorf("read the actions: %w", err)
	}
	if c.Bool("json") {
		return t.document(list)
	}
	for _, f := range list.Faults {
		since := ""
		if f.FromS != nil {
			since = " since " + time.Duration(*f.FromS*float64(time.Second)).Round(time.Second).String() + " on the stage's clock"
		}
		fmt.Fprintf(t.stdout, "%s %s %s: %s%s\n", f.Letter, f.Action, strings.Join(f.Targets, ", "), f.Phase, since)
	}
	w := tabwriter.NewWriter(t.stdout, 0, 0, 2, ' ', 0)
	for _, b := range list.Buttons {
		heals := "until chaos heal"
		if b.ForS > 0 {
			heals = "for " + time.Duration(b.ForS*float64(time.Second)).String()
		}
		line := "showdown chaos start " + b.Action
		if b.Target != "" {
			line += " --target " + shellWord(b.Target)
		}
		for _, name := range slices.Sorted(maps.Keys(b.With)) {
			line += fmt.Sprintf(" --with %s=%s", name, shellWord(fmt.Sprint(b.With[name])))
		}
		if c.IsSet("url") {
			line += " --url " + shellWord(c.String("url"))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.Label["en"], b.Blast["en"], heals, line)
	}
	return w.Flush()
}

// shellWord is a text as one word of a command line.
func shellWord(s string) string {
	if strings.ContainsAny(s, " \t'\"$") {
		return strconv.Quote(s)
	}
	return s
}

func (t *terminal) chaosStart(c *cli.Context) error {
	if c.NArg() != 1 {
		return misuse("showdown chaos list prints them", "chaos start: want one action")
	}
	order := map[string]any{}
	if c.IsSet("target") {
		order["target"] = c.String("target")
	}
	if c.IsSet("for") {
		order["for"] = c.Duration("for").String()
	}
	with := map[string]string{}
	for _, pair := range c.StringSlice("with") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return misuse("write --with factor=5", "--with: %q has no =", pair)
		}
		with[name] = value
	}
	if len(with) > 0 {
		order["with"] = with
	}
	return t.order(c, "chaos/"+url.PathEscape(c.Args().First()), order)
}

func (t *terminal) chaosHeal(c *cli.Context) error {
	if c.NArg() != 0 {
		return misuse("showdown chaos heal undoes everything", "chaos heal: want no argument")
	}
	return t.order(c, "heal", map[string]any{})
}

// order sends a command and prints the id that it is known by from then on.
func (t *terminal) order(c *cli.Context, what string, order map[string]any) error {
	body, err := t.ask(c, http.MethodPost, what, order)
	if err != nil {
		return err
	}
	var taken struct {
		Event string `json:"event"`
	}
	if err := json.Unmarshal(body, &taken); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if c.Bool("json") {
		return t.document(taken)
	}
	if strings.HasPrefix(taken.Event, "question-") {
		fmt.Fprintln(t.stderr, "the room is asked first: it strikes when the question closes")
	}
	_, err = fmt.Fprintln(t.stdout, taken.Event)
	return err
}

// ask sends a request to the interface of a running lab and returns the answer's body.
func (t *terminal) ask(c *cli.Context, method, what string, order any) ([]byte, error) {
	base, err := url.Parse(c.String("url"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, misuse("write --url http://127.0.0.1:8089", "--url: %q is not the address of a page", c.String("url"))
	}
	var in io.Reader = http.NoBody
	if order != nil {
		text, err := json.Marshal(order)
		if err != nil {
			return nil, fmt.Errorf("write the command: %w", err)
		}
		in = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(c.Context, commandWait)
	defer cancel()
	address := base.Scheme + "://" + base.Host + "/api/v1/" + what
	request, err := http.NewRequestWithContext(ctx, method, address, in)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if token := os.Getenv(pageToken); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	// Not followed elsewhere: a command, and the token with it, is for the address that was named.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil, hinted(fmt.Errorf("nothing listens on %s", base.Host), "start showdown serve, or name its address with --url")
		}
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", base.Host, err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		var why struct{ Error, Hint string }
		if json.Unmarshal(body, &why) != nil || why.Error == "" {
			return nil, hinted(fmt.Errorf("%s answers %s", base.Host, answer.Status), "is it a showdown serve?")
		}
		if answer.StatusCode == http.StatusUnauthorized {
			why.Hint = "set " + pageToken + " to the token that showdown serve printed"
		}
		return nil, hinted(errors.New(why.Error), "%s", why.Hint)
	}
	return body, nil
}
