package foreign

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"showdown"
)

// k6 reads k6's points. A request is a group of points of one time and one set of tags, one of
// each of k6's HTTP metrics; k6 writes them one after the other.
type k6 struct {
	lines      lines
	stamp      stamp
	classifier classifier
	// group is the request whose points are being read.
	group *k6Group
	// ended says that all lines were read.
	ended bool
	// dropped are the iterations that k6 did not start, checks the checks that failed,
	// unconnected the failures of which k6 does not say how long they took.
	dropped, checks, unconnected uint64
}

// The parts of a request's time that are summed up, by metric.
const (
	k6Blocked = iota
	k6Sending
	k6Waiting
	k6Receiving
	numParts
)

type k6Group struct {
	at   time.Time
	tags []byte
	// seen are the metrics of which the group has a point.
	seen  []string
	parts [numParts]time.Duration
	// total is http_req_duration, of older versions that do not say the parts.
	total time.Duration
	line  int
}

// k6Line is a line of k6's.
type k6Line struct {
	Type   string `json:"type"`
	Metric string `json:"metric"`
	Data   struct {
		Time  time.Time       `json:"time"`
		Value float64         `json:"value"`
		Tags  json.RawMessage `json:"tags"`
	} `json:"data"`
}

// k6Tags are the tags of a request that are used.
type k6Tags struct {
	Status    string `json:"status"`
	Error     string `json:"error"`
	ErrorCode string `json:"error_code"`
}

func newK6(in *bufio.Reader) decoder { return &k6{lines: lines{in: in}} }

func (k *k6) next() (request, error) {
	for !k.ended {
		line, whole, err := k.lines.next()
		if errors.Is(err, io.EOF) {
			k.ended = true
			break
		}
		if err != nil {
			return request{}, err
		}
		if len(line) == 0 {
			continue
		}
		// Most lines are of metrics that say nothing of a request.
		if whole && !interesting(line) && line[0] == '{' && line[len(line)-1] == '}' {
			continue
		}
		l, ok := k.usual(line)
		if !ok {
			l = k6Line{}
			if err := json.Unmarshal(line, &l); err != nil {
				return request{}, k.lines.torn(whole, err)
			}
		}
		done, err := k.point(&l)
		if err != nil {
			return request{}, placed(k.lines.place(), err)
		}
		if done != nil {
			return k.request(done)
		}
	}
	if done := k.group; done != nil {
		k.group = nil
		return k.request(done)
	}
	return request{}, io.EOF
}

// stamp remembers the last time stamp: that of all points of a request is the same.
type stamp struct {
	text []byte
	at   time.Time
}

// usual reads a point that is written exactly as k6 does; ok is false for any other line. A run
// has ten lines for each request, and JSON's own decoder takes ten times as long. The tags are
// decoded once for each request.
func (k *k6) usual(line []byte) (l k6Line, ok bool) {
	rest := line
	skip := func(text string) bool {
		var found bool
		rest, found = bytes.CutPrefix(rest, []byte(text))
		return found
	}
	upTo := func(end byte) (part []byte, found bool) {
		part, rest, found = bytes.Cut(rest, []byte{end})
		return part, found && !bytes.ContainsRune(part, '\\')
	}
	if !skip(`{"metric":"`) {
		return l, false
	}
	metric, ok1 := upTo('"')
	if !ok1 || !skip(`,"type":"Point","data":{"time":"`) {
		return l, false
	}
	at, ok2 := upTo('"')
	if !ok2 || !skip(`,"value":`) {
		return l, false
	}
	value, ok3 := upTo(',')
	tags, ok4 := bytes.CutSuffix(rest, []byte("}}"))
	tags, ok5 := bytes.CutPrefix(tags, []byte(`"tags":`))
	if !ok3 || !ok4 || !ok5 || len(tags) < 2 || tags[0] != '{' || tags[len(tags)-1] != '}' || bytes.Contains(tags, []byte(`"metadata"`)) {
		return l, false
	}
	v, err := strconv.ParseFloat(string(value), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return l, false // no number of JSON's
	}
	if !bytes.Equal(at, k.stamp.text) {
		t, err := time.Parse(time.RFC3339Nano, string(at))
		if err != nil {
			return l, false
		}
		k.stamp = stamp{text: bytes.Clone(at), at: t}
	}
	l.Type, l.Metric = "Point", string(metric)
	l.Data.Time, l.Data.Value, l.Data.Tags = k.stamp.at, v, tags
	return l, true
}

func interesting(line []byte) bool {
	for _, part := range [...]string{"connecting", "tls_handshaking", "failed"} {
		if bytes.Contains(line, []byte(`"metric":"http_req_`+part+`"`)) {
			return false // in the wait for a connection, or in the status
		}
	}
	return bytes.Contains(line, []byte(`"http_req`)) || bytes.Contains(line, []byte(`"dropped_iterations"`)) || bytes.Contains(line, []byte(`"checks"`))
}

// point takes in a line, and returns the group that ended before it.
func (k *k6) point(l *k6Line) (done *k6Group, err error) {
	switch {
	case l.Type == "Metric":
		return nil, nil
	case l.Type != "Point" || l.Metric == "":
		return nil, errors.New("neither a metric nor a point of k6's")
	}
	part := -1
	switch l.Metric {
	case "dropped_iterations":
		k.dropped += uint64(min(max(l.Data.Value, 0), 1e15))
		return nil, nil
	case "checks":
		if l.Data.Value == 0 {
			k.checks++
		}
		return nil, nil
	case "http_reqs", "http_req_duration", "http_req_connecting", "http_req_tls_handshaking", "http_req_failed":
	case "http_req_blocked":
		part = k6Blocked
	case "http_req_sending":
		part = k6Sending
	case "http_req_waiting":
		part = k6Waiting
	case "http_req_receiving":
		part = k6Receiving
	default:
		return nil, nil
	}
	if g := k.group; g == nil || slices.Contains(g.seen, l.Metric) || !g.at.Equal(l.Data.Time) || !sameTags(g.tags, l.Data.Tags) {
		done = g
		k.group = &k6Group{at: l.Data.Time, tags: bytes.Clone(l.Data.Tags), seen: make([]string, 0, 9), line: k.lines.number}
	}
	g := k.group
	g.seen = append(g.seen, l.Metric)
	if part < 0 && l.Metric != "http_req_duration" {
		return done, nil
	}
	if !(l.Data.Value >= 0 && l.Data.Value <= float64(maxLatency.Milliseconds())) {
		return nil, fmt.Errorf("%s of %g ms", l.Metric, l.Data.Value)
	}
	d := time.Duration(l.Data.Value*1e6 + 0.5)
	if part >= 0 {
		g.parts[part] = d
	} else {
		g.total = d
	}
	return done, nil
}

// sameTags compares tags, which older versions of k6 write in any order.
func sameTags(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y map[string]string
	return len(a) == len(b) && json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && maps.Equal(x, y)
}

// request is the request of a group. k6 stamps the end, and its http_req_duration leaves out
// the wait for a connection; here a request begins when it wants one.
func (k *k6) request(g *k6Group) (request, error) {
	fail := func(err error) (request, error) {
		return request{}, placed(fmt.Sprintf("line %d", g.line), err)
	}
	var tags k6Tags
	if len(g.tags) > 0 {
		if err := json.Unmarshal(g.tags, &tags); err != nil {
			return fail(err)
		}
	}
	latency := g.parts[k6Blocked] + g.parts[k6Sending] + g.parts[k6Waiting] + g.parts[k6Receiving]
	latency = max(latency, g.parts[k6Blocked]+g.total)
	if err := checkTimes(g.at, latency); err != nil {
		return fail(err)
	}
	var status uint64
	if tags.Status != "" {
		var err error
		if status, err = strconv.ParseUint(tags.Status, 10, 16); err != nil {
			return fail(fmt.Errorf("status %.40q is no number", tags.Status))
		}
	}
	connected := g.parts[k6Sending]+g.parts[k6Waiting]+g.total > 0
	h := showdown.Hit{Latency: latency, Status: uint16(status), Outcome: k.outcome(uint16(status), tags, connected)}
	if h.Failed() && latency == 0 {
		k.unconnected++
	}
	return request{at: g.at.UnixNano() - int64(latency), hit: h}, nil
}

// outcome follows k6's error codes (k6 documentation, Error codes).
func (k *k6) outcome(status uint16, tags k6Tags, connected bool) showdown.Outcome {
	if o, ok := answered(status); ok {
		return o
	}
	code, _ := strconv.Atoi(tags.ErrorCode)
	switch {
	case code == 1050 && !connected:
		return showdown.ConnectTimeout
	case code == 1050:
		return showdown.ResponseTimeout
	case code >= 1100 && code < 1200:
		return showdown.DNSFailure
	case code == 1211:
		return showdown.ConnectTimeout
	case code == 1212:
		return showdown.Refused
	case code == 1201 || code == 1220:
		return showdown.Reset
	case code >= 1300 && code < 1400:
		return showdown.TLSFailure
	}
	if o, ok := worded(tags.Error); ok {
		return o
	}
	text := tags.Error
	if text == "" && tags.ErrorCode != "" {
		text = "error code " + tags.ErrorCode
	}
	return k.classifier.unknown(text)
}

func (k *k6) about() about {
	a := about{
		clock:   true,
		unknown: []string{"intended_ns", "client", "cohort", "backend", "address", "bytes_in", "bytes_out", "reused", "dns_age_ms"},
		notes: []string{
			"k6 does not say when a request was due: its response time is taken from when it was sent, and how late the generator was is not known",
			"service times include the wait for a connection, which k6 counts apart as http_req_blocked",
		},
	}
	if k.unconnected > 0 {
		a.notes = append(a.notes, fmt.Sprintf("k6 does not say how long %d requests without a connection took: they count as 0", k.unconnected))
	}
	if k.dropped > 0 {
		a.notes = append(a.notes, fmt.Sprintf("k6 did not start %d iterations; how many requests they would have been is not known, so they are missing", k.dropped))
	}
	if k.checks > 0 {
		a.notes = append(a.notes, fmt.Sprintf("%d checks of the script failed; k6 does not say of which requests, so these count by their status", k.checks))
	}
	a.notes = append(a.notes, k.classifier.notes()...)
	return a
}
