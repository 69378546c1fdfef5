package scenario

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadData(t *testing.T) {
	d, err := ReadData("users.csv", strings.NewReader("\xef\xbb\xbfuser, password\nann,\"a,b\"\n\n\"b\"\"q\",\"two\nlines\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Columns, []string{"user", "password"}) || d.Len() != 2 ||
		!slices.Equal(d.Row(0), []string{"ann", "a,b"}) || !slices.Equal(d.Row(1), []string{`b"q`, "two\nlines"}) {
		t.Errorf("%+v", d)
	}
	for text, want := range map[string]string{
		"":                          "users.csv:1: the file is empty",
		"user\n":                    "users.csv:2: the file has no row",
		"user,password\nann\n":      "users.csv:2: the line has 1 fields and the file has 2 columns",
		"u,p\na,b\n\nc,\"d\ne\"\nf": "users.csv:6: the line has 1 fields",
		"u,p\na,b,c\n":              "users.csv:2: the line has 3 fields",
		"u,u\na,b\n":                `users.csv:1: the column "u" stands there twice`,
		"u,\na,b\n":                 "users.csv:1: column 2 has no name",
		"u,a b\na,b\n":              "users.csv:1: column 2 has no name",
		"u\na\"b\n":                 `users.csv:2: bare " in non-quoted-field: put a value that has a quote in quotes`,
		"u\n\"secret":               "users.csv:2:",
	} {
		_, err := ReadData("users.csv", strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error holds a value", text)
		}
	}
}

// FuzzData reads anything as a file of data: what is read has the shape that it says, and
// is read again as it was.
func FuzzData(f *testing.F) {
	f.Add("user,password\nann,one\n")
	f.Add("u\n\"a\nb\"\n")
	f.Add("\xef\xbb\xbfu\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ReadData("data.csv", strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "data.csv") {
				t.Errorf("error %v names no file", err)
			}
			return
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		w.Write(d.Columns)
		for i := range d.Len() {
			row := d.Row(i)
			if len(row) != len(d.Columns) {
				t.Fatalf("row %d has %d fields of %d", i, len(row), len(d.Columns))
			}
			if len(row) == 1 && row[0] == "" {
				return // a line that is empty is none
			}
			w.Write(row)
		}
		w.Flush()
		again, err := ReadData("data.csv", strings.NewReader(out.String()))
		if err != nil || again.Len() != d.Len() {
			t.Fatalf("%q is not read again: %v", out.String(), err)
		}
		for i := range d.Len() {
			if !slices.Equal(again.Row(i), d.Row(i)) {
				t.Errorf("row %d: %q became %q", i, d.Row(i), again.Row(i))
			}
		}
	})
}

// A file that a scenario names lies beside it, and a folder is none.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "body"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"body", filepath.Join(dir, "body")} {
		if got, err := read(dir, name); err != nil || string(got) != "text" {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
	}
	if _, err := read(dir, "."); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("error %v", err)
	}
	if _, err := read(dir, os.DevNull); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("error %v", err)
	}
}
