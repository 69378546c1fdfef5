//go:build linux

package compose

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// standIn is an image made of this computer's files, under the name of one that cannot be
// pulled.
type standIn struct {
	// programs are put there with the libraries that they need; files and texts are by
	// their path in the image.
	programs []string
	files    map[string]string
	texts    map[string]string
	// folders are by their path in the image, with the number of their owner.
	folders map[string]int
	// changes are instructions of a Dockerfile.
	changes []string
}

// imports makes the image.
func (s standIn) imports(t *testing.T, tag string) {
	t.Helper()
	args := []string{"import"}
	for _, c := range s.changes {
		args = append(args, "--change", c)
	}
	cmd := exec.Command("docker", append(args, "-", tag)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writeErr := s.write(in)
	_ = in.Close()
	if err := cmd.Wait(); err != nil || writeErr != nil {
		t.Fatalf("import %s: %v, %v\n%s", tag, err, writeErr, said.String())
	}
}

// write writes the image's files as a tar archive.
func (s standIn) write(w io.Writer) error {
	out := tar.NewWriter(w)
	for path, owner := range s.folders {
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: path + "/", Mode: 0o755, Uid: owner, Gid: owner}); err != nil {
			return err
		}
	}
	for path, text := range s.texts {
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: 0o755, Size: int64(len(text))}); err != nil {
			return err
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	files := map[string]string{}
	for path, from := range s.files {
		files[path] = from
	}
	for _, name := range s.programs {
		path, err := exec.LookPath(name)
		if err != nil {
			return err
		}
		needed, err := libraries(path)
		if err != nil {
			return err
		}
		files["/bin/"+name] = path
		for _, l := range needed {
			files[l] = l
		}
	}
	for path, from := range files {
		if err := writeTree(out, path, from); err != nil {
			return err
		}
	}
	return out.Close()
}

// writeTree writes a file, or a folder with all in it. Links are followed.
func writeTree(out *tar.Writer, path, from string) error {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	return filepath.WalkDir(from, func(found string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(found)
		if err != nil {
			return err
		}
		file, err := os.Open(found)
		if err != nil {
			return err
		}
		defer file.Close()
		name := path + strings.TrimPrefix(found, from)
		if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size()}); err != nil {
			return err
		}
		_, err = io.Copy(out, file)
		return err
	})
}

var library = regexp.MustCompile(`(?m)^\s(?:\S+ => )?(/\S+) \(0x`)

// libraries are the files that a program is loaded with.
func libraries(path string) ([]string, error) {
	out, err := exec.Command("ldd", path).CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "not a dynamic executable") {
			return nil, nil
		}
		return nil, fmt.Errorf("ldd %s: %w: %s", path, err, out)
	}
	var found []string
	for _, m := range library.FindAllStringSubmatch(string(out), -1) {
		found = append(found, m[1])
	}
	return found, nil
}

// prometheusImage is Debian's Prometheus as docker-compose.yml expects the project's: who runs
// it, where it may write, and a wget that asks for its health.
func prometheusImage() standIn {
	return standIn{
		programs: []string{"prometheus", "wget"},
		folders:  map[string]int{"/prometheus": 65534, "/etc/prometheus": 0, "/tmp": 0},
		changes:  []string{"USER 65534:65534", "ENV PATH=/bin", `ENTRYPOINT ["/bin/prometheus"]`, "VOLUME /prometheus", "WORKDIR /prometheus"},
	}
}

// golangImage is what the Dockerfile builds with: a shell, and for go a script that fails
// unless it is asked for what the program in dir was built with, from the files that it was
// built from.
func golangImage(dir string) standIn {
	script := `#!/bin/sh
set -eu
case "$*" in
"mod download")
	[ -f go.mod ] && [ -f go.sum ]
	;;
"` + strings.Join(buildArguments("/out/showdown"), " ") + `")
	[ "$CGO_ENABLED" = 0 ]
	while read -r file; do
		[ -f "$file" ] || { echo "$file is not in the build's context" >&2; exit 1; }
	done </needed
	mkdir -p /out
	cp /showdown /out/showdown
	;;
*)
	echo "go $* is not what the program was built with" >&2
	exit 1
	;;
esac
`
	return standIn{
		programs: []string{"sh", "mkdir", "cp"},
		texts:    map[string]string{"/usr/local/go/bin/go": script},
		files: map[string]string{
			"/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt",
			"/showdown":                          filepath.Join(dir, "showdown"), "/needed": filepath.Join(dir, "needed"),
		},
		folders: map[string]int{"/tmp": 0},
		changes: []string{"ENV PATH=/usr/local/go/bin:/bin"},
	}
}

// realGolangImage is this computer's Go with a folder of modules for a proxy.
func realGolangImage(dir, goroot string) standIn {
	image := golangImage(dir)
	image.texts = nil
	image.files = map[string]string{
		"/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt",
		"/usr/local/go":                      goroot, "/proxy": filepath.Join(dir, "proxy"),
	}
	image.changes = append(image.changes, "ENV GOPROXY=file:///proxy GOSUMDB=off GOTOOLCHAIN=local GOPATH=/go GOCACHE=/cache GOFLAGS=")
	return image
}
