package foreign

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"showdown"
)

// The columns of oha's table that are used.
const (
	ohaStart    = "request-start"
	ohaDuration = "request-duration"
	ohaBytes    = "bytes"
	ohaStatus   = "status"
)

// oha reads the table that oha writes: times are seconds, from its own start.
type oha struct {
	in    *guard
	table *csv.Reader
	// start, duration, bytes and status are the numbers of the columns.
	start, duration, bytes, status int
	columns                        int
	classifier                     classifier
}

func newOha(in *bufio.Reader) (decoder, error) {
	g := &guard{in: in}
	table := csv.NewReader(g)
	table.FieldsPerRecord, table.ReuseRecord = -1, true
	head, err := table.Read()
	if err != nil {
		return nil, csvError(table, err)
	}
	o := &oha{in: g, table: table, columns: len(head)}
	for name, at := range map[string]*int{ohaStart: &o.start, ohaDuration: &o.duration, ohaBytes: &o.bytes, ohaStatus: &o.status} {
		if *at = slices.Index(head, name); *at < 0 {
			return nil, fmt.Errorf("line 1: there is no column %q", name)
		}
	}
	return o, nil
}

func (o *oha) next() (request, error) {
	o.in.next()
	row, err := o.table.Read()
	if errors.Is(err, io.EOF) {
		return request{}, io.EOF
	}
	if err != nil {
		return request{}, csvError(o.table, err)
	}
	line, _ := o.table.FieldPos(0)
	out, err := o.request(row)
	if err != nil {
		err = placed(fmt.Sprintf("line %d", line), err)
	}
	return out, err
}

func (o *oha) request(row []string) (request, error) {
	if len(row) != o.columns {
		return request{}, fmt.Errorf("%d columns, and the first line names %d", len(row), o.columns)
	}
	start, err := seconds(row[o.start])
	if err != nil {
		return request{}, fmt.Errorf("column %s: %w", ohaStart, err)
	}
	latency, err := seconds(row[o.duration])
	if err != nil {
		return request{}, fmt.Errorf("column %s: %w", ohaDuration, err)
	}
	received, err := strconv.ParseUint(row[o.bytes], 10, 64)
	if err != nil {
		return request{}, fmt.Errorf("column %s is %.40q and no number", ohaBytes, row[o.bytes])
	}
	status, err := strconv.ParseUint(row[o.status], 10, 16)
	if err != nil {
		return request{}, fmt.Errorf("column %s is %.40q and no status", ohaStatus, row[o.status])
	}
	return request{at: int64(start), hit: showdown.Hit{
		Latency: latency, Outcome: o.classifier.of(uint16(status), ""), Status: uint16(status), BytesIn: size(received),
	}}, nil
}

// seconds is a length of time that a text gives in seconds.
func seconds(text string) (time.Duration, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0 && v <= maxLatency.Seconds()) {
		return 0, fmt.Errorf("%.40q is no number of seconds", text)
	}
	return time.Duration(v*1e9 + 0.5), nil
}

func (o *oha) about() about {
	return about{
		unknown: []string{"at", "intended_ns", "client", "cohort", "backend", "address", "bytes_out", "reused", "dns_age_ms"},
		notes: append([]string{
			"oha's table has only requests that were answered: connections that were refused, reset or too slow are missing, so availability is that of the answers",
			"oha does not say at which time it ran: the record begins when it was imported",
			"oha does not say when a request was due: its response time is taken from when it was sent, and how late the generator was is not known",
		}, o.classifier.notes()...),
	}
}
