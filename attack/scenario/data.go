package scenario

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds a file that a scenario names.
const maxFile = 64 << 20

// Data is the rows of a CSV file.
type Data struct {
	// Columns are the names of the columns.
	Columns []string
	rows    [][]string
}

// ReadData reads a CSV file (RFC 4180) whose first line names its columns. Errors begin
// with the name of the file and the line, and quote nothing but names of columns.
func ReadData(name string, in io.Reader) (*Data, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", name, err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s has more than %d MiB: take fewer rows", name, maxFile>>20)
	}
	// What spreadsheets write before a file in UTF-8.
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	d := &Data{}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad):
			if errors.Is(bad.Err, csv.ErrBareQuote) || errors.Is(bad.Err, csv.ErrQuote) {
				return nil, fmt.Errorf("%s:%d: %w: put a value that has a quote in quotes, and each of its own twice", name, bad.Line, bad.Err)
			}
			return nil, fmt.Errorf("%s:%d: %w", name, bad.Line, bad.Err)
		case err != nil:
			return nil, fmt.Errorf("%s: read: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		if d.Columns == nil {
			if err := d.head(row); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, line, err)
			}
			continue
		}
		if len(row) != len(d.Columns) {
			return nil, fmt.Errorf("%s:%d: the line has %d fields and the file has %d columns", name, line, len(row), len(d.Columns))
		}
		d.rows = append(d.rows, row)
	}
	switch {
	case d.Columns == nil:
		return nil, fmt.Errorf("%s:1: the file is empty: its first line names the columns", name)
	case len(d.rows) == 0:
		return nil, fmt.Errorf("%s:2: the file has no row after the names of the columns", name)
	}
	return d, nil
}

// head takes the names of the columns in.
func (d *Data) head(row []string) error {
	for i, c := range row {
		c = strings.TrimSpace(c)
		if !namePattern.MatchString(c) {
			return fmt.Errorf("column %d has no name: write letters, digits and _, as {{user}} needs it", i+1)
		}
		if slices.Contains(d.Columns, c) {
			return fmt.Errorf("the column %q stands there twice", c)
		}
		d.Columns = append(d.Columns, c)
	}
	return nil
}

// Len is how many rows there are.
func (d *Data) Len() int { return len(d.rows) }

// Row is the values of row i in the order of the columns.
func (d *Data) Row(i int) []string { return slices.Clone(d.rows[i]) }

// open opens a file that a scenario in the folder dir names.
func open(dir, name string) (*os.File, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", name)
	}
	if !info.Mode().IsRegular() {
		// A pipe would be waited for, and could be read once only.
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	return os.Open(path)
}

// read is the whole of a file that a scenario in the folder dir names.
func read(dir, name string) ([]byte, error) {
	f, err := open(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s has more than %d MiB", name, maxFile>>20)
	}
	return text, nil
}
