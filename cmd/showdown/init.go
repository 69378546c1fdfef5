package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown"
	"showdown/targets/journeys"
)

// The name of the file that init writes when none is given, and of the stage in it where
// the file's name says none.
const (
	draftFile = "showdown.yaml"
	draftName = "mine"
)

func (t *terminal) initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a commented stage file of your own to start from",
		ArgsUsage: "[FILE]",
		Description: "At a terminal it asks for what no flag says; answers from a pipe are not read. FILE is " + draftFile + " by default, and - is standard output.\n" +
			"What it writes passes showdown check and runs.",
		OnUsageError: usage,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "name", EnvVars: []string{"SHOWDOWN_NAME"}, Usage: "`NAME` of the stage (default: that of the file)"},
			&cli.StringFlag{Name: "app", EnvVars: []string{"SHOWDOWN_APP"}, Value: journeys.DefaultApp, Usage: "what instances run: clock, or a `COMMAND` of your own that serves HTTP on $PORT"},
			&cli.StringFlag{Name: "health", EnvVars: []string{"SHOWDOWN_HEALTH"}, Value: journeys.DefaultHealth, Usage: "`PATH` that your own application answers when it is well"},
			&cli.IntFlag{Name: "instances", EnvVars: []string{"SHOWDOWN_INSTANCES"}, Value: 3, Usage: "how many instances"},
			&cli.IntFlag{Name: "zones", EnvVars: []string{"SHOWDOWN_ZONES"}, Value: 2, Usage: "in how many Availability Zones"},
			&cli.BoolFlag{Name: "balancer", EnvVars: []string{"SHOWDOWN_BALANCER"}, Usage: "a load balancer in front of them (default: where there are several)"},
			&cli.IntFlag{Name: "rate", EnvVars: []string{"SHOWDOWN_RATE"}, Usage: "requests/s (default: what suits the instances)"},
			&cli.StringFlag{Name: "fault", EnvVars: []string{"SHOWDOWN_FAULT"}, Value: "kill", Usage: "what happens to it: " + strings.Join(journeys.DraftFaults(), ", ")},
			&cli.BoolFlag{Name: "no-input", EnvVars: []string{"SHOWDOWN_NO_INPUT"}, Usage: "ask nothing"},
			&cli.BoolFlag{Name: "force", EnvVars: []string{"SHOWDOWN_FORCE"}, Usage: "overwrite FILE"},
			quietFlag(),
		},
		Action: t.draft,
	}
}

func (t *terminal) draft(c *cli.Context) error {
	if c.Args().Len() > 1 {
		return misuse("run showdown init --help", "init takes one file, not %q", c.Args().Get(1))
	}
	path := draftFile
	if c.Args().Present() {
		path = c.Args().First()
	}
	if path != "-" && !c.Bool("force") {
		if _, err := os.Lstat(path); err == nil {
			return misuse("give it another name, or --force", "%s is there already and was left as it is", path)
		}
	}
	d, err := t.draftOf(c, path)
	if err != nil {
		return err
	}
	text, err := d.Write()
	if err != nil {
		return misuse("run showdown init --help", "init: %w", err)
	}
	s, err := checkDraft(text, path)
	if err != nil {
		return &failure{code: exitUsage, err: err, hint: "ask for more requests/s with --rate, or for fewer instances"}
	}
	if path == "-" {
		_, err := t.stdout.Write(text)
		return err
	}
	if err := writeNew(path, text, c.Bool("force")); err != nil {
		return hinted(err, "choose a folder that you can write, or give it another name")
	}
	t.progress(c, "wrote %s", quoted(path))
	if s.Program != nil {
		if err := programIsThere(s, s.Program); err != nil {
			t.progress(c, "before it can run: %v", err)
		}
	}
	t.progress(c, "  showdown check %[1]s   says what it would run\n  showdown run %[1]s\n  showdown schema > %[2]s   lets your editor complete it", quoted(path),
		quoted(filepath.Join(filepath.Dir(path), journeys.SchemaFile)))
	return nil
}

// draftOf is what the flags say, and where somebody sits at a terminal what is asked for
// beside.
func (t *terminal) draftOf(c *cli.Context, path string) (journeys.Draft, error) {
	ask := t.asker(c)
	if ask == nil && !c.Bool("no-input") && unread(t.stdin) {
		t.progress(c, "standard input is no terminal: nothing is asked, and what it holds is not read; flags say it, as in showdown init --instances 2 --fault hang")
	}
	d := journeys.Draft{File: path, Name: c.String("name"), Rate: c.Int("rate"), Health: c.String("health")}
	if path == "-" {
		d.File = draftFile
	}
	if d.Name == "" {
		d.Name = nameOf(path)
	}
	app := c.String("app")
	for _, q := range []error{
		ask.text("name", "Name of the stage", &d.Name),
		ask.text("app", "What does each instance run? clock, or a command that serves HTTP on $PORT", &app),
	} {
		if q != nil {
			return d, q
		}
	}
	if app = strings.TrimSpace(app); app != "" && app != journeys.DefaultApp {
		var err error
		if d.Command, err = words(app); err != nil {
			return d, misuse("quote it as in a shell: --app 'python3 server.py'", "--app: %w", err)
		}
		if err := ask.text("health", "Path that it answers when it is well", &d.Health); err != nil {
			return d, err
		}
	}
	d.Instances, d.Zones = c.Int("instances"), c.Int("zones")
	if err := ask.number("instances", "How many instances", &d.Instances); err != nil {
		return d, err
	}
	if !c.IsSet("zones") {
		d.Zones = max(1, min(d.Zones, d.Instances))
	}
	if err := ask.number("zones", "In how many Availability Zones", &d.Zones); err != nil {
		return d, err
	}
	d.Balancer = d.Instances > 1
	if c.IsSet("balancer") {
		d.Balancer = c.Bool("balancer")
	}
	if err := ask.yes("balancer", "A load balancer in front of them", &d.Balancer); err != nil {
		return d, err
	}
	d.Fault = c.String("fault")
	err := ask.text("fault", "What happens to it? "+strings.Join(journeys.DraftFaults(), ", "), &d.Fault)
	return d, err
}

// checkDraft reads the file as showdown check does, but for a program that is not there
// yet, and says whether it can be played.
func checkDraft(text []byte, path string) (*showdown.Stage, error) {
	known := known()
	known.Program = nil
	s, err := journeys.Load(text, path, known)
	if err != nil {
		return nil, err
	}
	speed := s.Speed
	if speed == 0 {
		speed = showdown.DefaultSpeed
	}
	clock, err := showdown.NewClock(speed)
	if err != nil {
		return nil, err
	}
	return s, journeys.Validate(s, clock)
}

// writeNew writes a file that is not there yet, or any where force is set.
func writeNew(path string, text []byte, force bool) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, how, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write %s: it is there already", path)
	}
	if err != nil {
		return fmt.Errorf("write the stage file: %w", err)
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// nameOf is a name for the stage in the file at path.
func nameOf(path string) string {
	name := strings.ToLower(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	name = strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(name, "-"), "-")
	name = strings.TrimLeft(name, "0123456789-")
	const most = 32
	if len(name) > most {
		name = strings.TrimRight(name[:most], "-")
	}
	if name == "" || path == draftFile || path == "-" {
		return draftName
	}
	return name
}

// words are the words of a command as a shell reads them: blanks part them, quotes and
// backslashes keep them together. Nothing else has a meaning.
func words(text string) ([]string, error) {
	var (
		out   []string
		word  strings.Builder
		quote rune
		in    bool // a word has begun
		plain bool // the next rune is taken as it is
	)
	for _, r := range text {
		switch {
		case plain:
			word.WriteRune(r)
			plain = false
		case r == '\\' && quote != '\'':
			plain, in = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, in = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if in {
				out = append(out, word.String())
				word.Reset()
			}
			in = false
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 || plain {
		return nil, fmt.Errorf("%q ends within a quote", text)
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}
