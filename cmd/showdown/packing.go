package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"showdown/results"
	"showdown/results/pack"
)

func (t *terminal) packCommand() *cli.Command {
	return &cli.Command{
		Name:      "pack",
		Usage:     "make one file of a run, which report and the other commands open as RUN",
		ArgsUsage: "RUN",
		Description: "RUN is a run's id, a unique prefix of it, the path of its folder, or latest. A journey is packed with its stages.\n" +
			"Reports and figures are left out: they can be made again.",
		OnUsageError: usage,
		Flags:        []cli.Flag{outputFlag("the packed run (default: the run's id" + pack.Extension + " here; - is standard output)"), outFlag(), quietFlag()},
		Action:       t.pack,
	}
}

func (t *terminal) pack(c *cli.Context) error {
	ref, err := onlyArgument(c, "a run")
	if err != nil {
		return err
	}
	run, err := t.openRun(c, ref)
	if err != nil {
		return err
	}
	if run.InUse() {
		return hinted(fmt.Errorf("pack %s: it is being recorded", run.ID), "wait until the run has ended")
	}
	to := c.String("output")
	if to == "-" {
		if isTerminal(t.stdout) {
			return misuse("write it to a file with --output FILE, or to another program with |", "pack: a packed run is not for a terminal")
		}
		return pack.Write(c.Context, t.stdout, run)
	}
	if to == "" {
		to = path.Base(run.ID) + pack.Extension
	}
	err = writeWhole(c.Context, to, func(w io.Writer) error { return pack.Write(c.Context, w, run) })
	if err != nil {
		return err
	}
	info, err := os.Stat(to)
	if err != nil {
		return err
	}
	t.progress(c, "%s is packed in %s, %s", run.ID, quoted(to), mebibytes(info.Size()))
	return nil
}

// openRun is the run that ref means in the store of --out, as [results.Store.Resolve] has it, or
// the one in the packed file that it names, "FILE" or "FILE/STAGE". That is unpacked into a
// temporary folder, which is removed when the command ends.
func (t *terminal) openRun(c *cli.Context, ref string) (results.Run, error) {
	store, err := results.OpenStore(c.String("out"))
	if err != nil {
		return results.Run{}, hinted(err, "name another folder with --out DIR")
	}
	return t.resolve(c, store, ref)
}

// resolve is [terminal.openRun] with a store that is open.
func (t *terminal) resolve(c *cli.Context, store *results.Store, ref string) (results.Run, error) {
	if file, stage, ok := packedFile(ref); ok && ref != results.Latest {
		return t.unpack(c, file, stage)
	}
	run, err := store.Resolve(ref)
	if err != nil {
		return run, &failure{code: exitUsage, err: err, hint: "showdown runs lists what was recorded"}
	}
	return run, nil
}

// packedFile says that ref is a file, or a stage of one.
func packedFile(ref string) (file, stage string, ok bool) {
	isFile := func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.Mode().IsRegular()
	}
	if isFile(ref) {
		return ref, "", true
	}
	if i := strings.LastIndexByte(ref, '/'); i > 0 && isFile(ref[:i]) {
		return ref[:i], ref[i+1:], true
	}
	return "", "", false
}

func (t *terminal) unpack(c *cli.Context, file, stage string) (results.Run, error) {
	dir, err := os.MkdirTemp("", "showdown-packed-")
	if err != nil {
		return results.Run{}, hinted(fmt.Errorf("unpack %s: %w", file, unpath(err)), "name a folder with room in $TMPDIR")
	}
	t.temporary = append(t.temporary, dir)
	run, err := pack.Open(c.Context, file, dir, pack.DefaultLimits())
	if errors.Is(err, pack.ErrNotPacked) {
		return run, &failure{code: exitUsage, err: err, hint: "RUN is a run's id, the path of its folder, or a file that showdown pack wrote"}
	}
	if err != nil || stage == "" {
		return run, err
	}
	store, err := results.OpenStore(dir)
	if err != nil {
		return run, err
	}
	if run, err = store.Resolve(filepath.Base(run.Dir) + "/" + stage); err != nil {
		return run, &failure{code: exitUsage, err: err, hint: "showdown report " + file + " shows its stages"}
	}
	return run, nil
}

// tidy removes what was unpacked.
func (t *terminal) tidy() {
	for _, dir := range t.temporary {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintf(t.stderr, "showdown: remove %s: %v\n", dir, unpath(err))
		}
	}
	t.temporary = nil
}
