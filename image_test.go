package showdown_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instructions are those of a Dockerfile, with continued lines joined.
func instructions(text string) [][2]string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	var list [][2]string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		list = append(list, [2]string{strings.ToUpper(name), strings.TrimSpace(rest)})
	}
	return list
}

// TestDockerfile holds the image: built by a pinned Go of the module's own version, with
// nothing in it but our files, for nobody in particular, and with a program that can be
// asked whether it is well.
func TestDockerfile(t *testing.T) {
	data, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	// What BuildKit alone knows, so that the builder before it takes the file too.
	modern := regexp.MustCompile(`--(mount|link|parents|exclude|network|security)\b|<<`)
	last := map[string]string{}
	var froms []string
	for _, i := range instructions(string(data)) {
		name, rest := i[0], i[1]
		switch {
		case name == "ADD":
			t.Errorf("ADD %s: it unpacks and downloads; COPY does not", rest)
		case modern.MatchString(rest):
			t.Errorf("%s %s: the classic builder does not know it", name, rest)
		case name == "FROM":
			froms = append(froms, rest)
			last = map[string]string{}
		case name == "RUN" && len(froms) > 1:
			t.Errorf("RUN %s: there is nothing in the image that could", rest)
		}
		last[name] = rest
	}
	if strings.HasPrefix(string(data), "# syntax=") || strings.Contains(string(data), "\n# syntax=") {
		t.Error("a syntax line makes every build ask a registry")
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))
	if len(froms) != 2 || froms[1] != "scratch" || version == nil ||
		!regexp.MustCompile(`^golang:`+regexp.QuoteMeta(version[1])+`\.\d+ AS build$`).MatchString(froms[0]) {
		t.Errorf("built from %q: want an exact golang of go.mod's %q, then scratch", froms, version)
	}
	user := regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`)
	if !user.MatchString(last["USER"]) {
		t.Errorf("USER %q: want numbers that are not root's", last["USER"])
	}
	check := `CMD ["/showdown", "__healthy", "http://127.0.0.1:` + last["EXPOSE"] + `/healthz"]`
	if !strings.HasSuffix(last["HEALTHCHECK"], check) {
		t.Errorf("HEALTHCHECK %q does not end in %s", last["HEALTHCHECK"], check)
	}
	if want := `["/showdown"]`; last["ENTRYPOINT"] != want {
		t.Errorf("ENTRYPOINT %s, want %s", last["ENTRYPOINT"], want)
	}
	if !strings.Contains(last["CMD"], `"0.0.0.0:`+last["EXPOSE"]+`"`) {
		t.Errorf("CMD %s does not listen on %s", last["CMD"], last["EXPOSE"])
	}
	for _, name := range []string{"COPY", "ENV"} {
		if last[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	ignored, err := os.ReadFile(".dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".git", "results/runs", "showdown"} {
		if !slices.Contains(strings.Fields(string(ignored)), want) {
			t.Errorf(".dockerignore lets %s into the build", want)
		}
	}
}
