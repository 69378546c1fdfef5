package foreign

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"showdown"
)

// vegetaResult is what is used of a result of vegeta's.
type vegetaResult struct {
	Attack    string
	Code      uint16
	Timestamp time.Time
	Latency   time.Duration
	BytesOut  uint64
	BytesIn   uint64
	Error     string
}

// fromVegeta is what the three decoders of vegeta's results share.
type fromVegeta struct {
	classifier classifier
	attacks    map[string]bool
}

// maxAttacks bounds the names that are remembered.
const maxAttacks = 1000

func (v *fromVegeta) request(r *vegetaResult) (request, error) {
	if err := checkTimes(r.Timestamp, r.Latency); err != nil {
		return request{}, err
	}
	if v.attacks == nil {
		v.attacks = map[string]bool{}
	}
	if len(v.attacks) < maxAttacks {
		v.attacks[r.Attack] = true
	}
	return request{at: r.Timestamp.UnixNano(), hit: showdown.Hit{
		Latency: r.Latency, Outcome: v.classifier.of(r.Code, r.Error), Status: r.Code,
		BytesIn: size(r.BytesIn), BytesOut: size(r.BytesOut),
	}}, nil
}

func (v *fromVegeta) about() about {
	a := about{
		clock:   true,
		unknown: []string{"intended_ns", "client", "cohort", "backend", "address", "reused", "dns_age_ms"},
		notes: append([]string{
			"vegeta does not say when a request was due: its response time is taken from when it was sent, and how late the generator was is not known",
		}, v.classifier.notes()...),
	}
	if n := len(v.attacks); n > 1 {
		a.notes = append(a.notes, fmt.Sprintf("the requests of %d attacks are together in one cell", n))
	}
	return a
}

// The bounds of the times that are taken: an int64 holds the nanoseconds of the first.
const (
	firstYear  = 1970
	lastYear   = 2261
	maxLatency = 30 * 24 * time.Hour
)

func checkTimes(at time.Time, latency time.Duration) error {
	if y := at.Year(); y < firstYear || y > lastYear {
		return fmt.Errorf("a request of the year %d", y)
	}
	if latency < 0 || latency > maxLatency {
		return fmt.Errorf("a latency of %s", latency)
	}
	return nil
}

// size is n as a record keeps it.
func size(n uint64) uint32 { return uint32(min(n, math.MaxUint32)) }

// vegetaGob reads vegeta's gob.
type vegetaGob struct {
	fromVegeta
	in     *guard
	decode vegeta.Decoder
	read   uint64
}

func newGob(in *bufio.Reader) decoder {
	g := &guard{in: in}
	return &vegetaGob{in: g, decode: vegeta.NewDecoder(g)}
}

func (v *vegetaGob) next() (request, error) {
	v.in.next()
	var r vegeta.Result
	if err := v.decode(&r); errors.Is(err, io.EOF) {
		return request{}, io.EOF
	} else if err != nil {
		return request{}, placed(v.place(), err)
	}
	out, err := v.request(resultOf(&r))
	if err != nil {
		return out, placed(v.place(), err)
	}
	v.read++
	return out, nil
}

func (v *vegetaGob) place() string {
	return fmt.Sprintf("request %d, before byte %d", v.read+1, v.in.all)
}

// vegetaJSON reads vegeta's JSON, an object a line, with vegeta's own decoder, which is given
// one line after the other.
type vegetaJSON struct {
	fromVegeta
	lines  lines
	feed   feed
	decode vegeta.Decoder
}

func newVegetaJSON(in *bufio.Reader) decoder {
	v := &vegetaJSON{lines: lines{in: in}}
	v.decode = vegeta.NewJSONDecoder(&v.feed)
	return v
}

// feed is the line that a decoder reads next.
type feed struct{ left []byte }

func (f *feed) Read(p []byte) (int, error) {
	if len(f.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, f.left)
	f.left = f.left[n:]
	return n, nil
}

func (v *vegetaJSON) next() (request, error) {
	for {
		line, whole, err := v.lines.next()
		if err != nil {
			return request{}, err
		}
		if len(line) == 0 {
			continue
		}
		v.feed.left = append(line, '\n')
		var r vegeta.Result
		if err := v.decode(&r); err != nil {
			return request{}, v.lines.torn(whole, err)
		}
		out, err := v.request(resultOf(&r))
		if err != nil {
			err = placed(v.lines.place(), err)
		}
		return out, err
	}
}

// resultOf is what is used of a result.
func resultOf(r *vegeta.Result) *vegetaResult {
	return &vegetaResult{
		Attack: r.Attack, Code: r.Code, Timestamp: r.Timestamp, Latency: r.Latency,
		BytesOut: r.BytesOut, BytesIn: r.BytesIn, Error: r.Error,
	}
}

// vegetaColumns is how many columns vegeta's CSV has: timestamp, code, latency, bytes out,
// bytes in, error, body, attack, seq, method, URL, headers.
const vegetaColumns = 12

// vegetaCSV reads vegeta's CSV, which has no line of names.
type vegetaCSV struct {
	fromVegeta
	in    *guard
	table *csv.Reader
}

func newVegetaCSV(in *bufio.Reader) decoder {
	g := &guard{in: in}
	table := csv.NewReader(g)
	table.FieldsPerRecord, table.ReuseRecord = -1, true
	return &vegetaCSV{in: g, table: table}
}

func (v *vegetaCSV) next() (request, error) {
	v.in.next()
	row, err := v.table.Read()
	if errors.Is(err, io.EOF) {
		return request{}, io.EOF
	}
	if err != nil {
		return request{}, csvError(v.table, err)
	}
	line, _ := v.table.FieldPos(0)
	place := fmt.Sprintf("line %d", line)
	if len(row) != vegetaColumns {
		return request{}, placed(place, fmt.Errorf("%d columns, and vegeta writes %d", len(row), vegetaColumns))
	}
	var numbers [5]int64
	for i := range numbers {
		if numbers[i], err = strconv.ParseInt(row[i], 10, 64); err != nil {
			return request{}, placed(place, fmt.Errorf("column %d is %.40q and no number", i+1, row[i]))
		}
	}
	if numbers[1] < 0 || numbers[1] > math.MaxUint16 {
		return request{}, placed(place, fmt.Errorf("a status code of %d", numbers[1]))
	}
	out, err := v.request(&vegetaResult{
		Attack: row[7], Timestamp: time.Unix(0, numbers[0]), Code: uint16(numbers[1]), Latency: time.Duration(numbers[2]),
		BytesOut: uint64(max(numbers[3], 0)), BytesIn: uint64(max(numbers[4], 0)), Error: row[5],
	})
	if err != nil {
		err = placed(place, err)
	}
	return out, err
}

// csvError is err with its line; csv's own names the column, too.
func csvError(table *csv.Reader, err error) error {
	if parse := new(csv.ParseError); errors.As(err, &parse) {
		return fmt.Errorf("line %d, column %d: %w", parse.Line, parse.Column, parse.Err)
	}
	return placed(fmt.Sprintf("byte %d", table.InputOffset()), err)
}
