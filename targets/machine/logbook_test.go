package machine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// chatter writes numbered lines until at least so many bytes are written, and returns how
// many lines there were.
func chatter(b *logbook, from, bytes int) (lines int) {
	for written := 0; written < bytes; lines++ {
		line := fmt.Sprintf("line %09d of a program that says a lot\n", from+lines)
		b.write([]byte(line))
		written += len(line)
	}
	return lines
}

func TestLogbookKeepsBothEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "base", "web-1.log")
	lines := 0
	for start := range 3 { // three starts write into one file
		b, err := openLogbook(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.begin(time.Unix(int64(start), 0), "server")
		lines += chatter(b, lines, 2*logLimit)
		if want := fmt.Sprintf("line %09d of", lines-1); !strings.Contains(b.tail(), want) || strings.Count(b.tail(), "\n") != tailLines-1 {
			t.Errorf("the last lines are %q, want %q and %d lines", b.tail(), want, tailLines)
		}
		b.close()
		data, err := os.ReadFile(path)
		if err != nil || len(data) > logLimit+lineLimit {
			t.Fatalf("%d bytes are kept, %v", len(data), err)
		}
	}
	data, _ := os.ReadFile(path)
	if first := "--- 1970-01-01T00:00:00.000Z server\nline 000000000 of"; !bytes.HasPrefix(data, []byte(first)) {
		t.Errorf("it begins with %.80q", data)
	}
	if last := fmt.Sprintf("line %09d of a program that says a lot\n", lines-1); !bytes.HasSuffix(data, []byte(last)) {
		t.Errorf("it ends with %q", data[len(data)-80:])
	}
	if n := bytes.Count(data, []byte(gap)); n != 1 {
		t.Fatalf("%d lines stand for what was left out, want 1", n)
	}
	// What is there and what was left out is all there was.
	at := bytes.Index(data, []byte(gap))
	note, _, _ := strings.Cut(string(data[at:]), "\n")
	var dropped int
	if _, err := fmt.Sscanf(note, gap+"%d bytes here]", &dropped); err != nil {
		t.Fatalf("%q: %v", note, err)
	}
	total := lines*len("line 000000000 of a program that says a lot\n") + 3*len("--- 1970-01-01T00:00:00.000Z server\n")
	if got := len(data) - len(note) - 1 + dropped; got != total {
		t.Errorf("%d bytes are accounted for, want %d", got, total)
	}
}

func TestLogbookHidesSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web-1.log")
	b, err := openLogbook(path, []string{"hush-hush"})
	if err != nil {
		t.Fatal(err)
	}
	b.begin(time.Unix(0, 0), "server --token hush-hush")
	for _, part := range []string{"the token is hush", "-hush\nand again hush-h"} {
		b.write([]byte(part))
	}
	b.copy(strings.NewReader("ush without an end"))
	b.close()
	data, err := os.ReadFile(path)
	want := "--- 1970-01-01T00:00:00.000Z server --token [secret]\nthe token is [secret]\nand again [secret] without an end"
	if err != nil || string(data) != want {
		t.Errorf("kept is %q, %v", data, err)
	}
	if got := b.tail(); got != "the token is [secret]\nand again [secret] without an end" {
		t.Errorf("the last lines are %q", got)
	}
}

func TestLogbookOfLinesWithoutAnEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web-1.log")
	b, err := openLogbook(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 * logLimit / lineLimit {
		b.write(bytes.Repeat([]byte("x"), lineLimit))
	}
	b.close()
	data, err := os.ReadFile(path)
	if err != nil || len(data) > logLimit+lineLimit || bytes.Count(data, []byte(gap)) != 1 {
		t.Errorf("%d bytes with %d gaps, %v", len(data), bytes.Count(data, []byte(gap)), err)
	}
}
