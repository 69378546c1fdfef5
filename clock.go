package showdown

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Speeds that a run accepts. Below 1 a lab would be slower than AWS itself.
const (
	DefaultSpeed = 60.0
	MinSpeed     = 1.0
	MaxSpeed     = 3600.0
)

// Floors under which a divided timeout loses its meaning, because the machine's
// own scheduling takes as long. They keep health check < balancer < client.
const (
	FloorHealthCheck = 15 * time.Millisecond
	FloorBalancer    = 30 * time.Millisecond
	FloorClient      = 60 * time.Millisecond
	// FloorTimer is the shortest period of a repeating timer; a shorter one is
	// refused with the highest speed that works.
	FloorTimer = 10 * time.Millisecond
)

// Duration is a length of AWS time. Its text form is Go's ("90s", "2m", "1h30m")
// and always has a unit.
type Duration time.Duration

// Common lengths of AWS time.
const (
	Second = Duration(time.Second)
	Minute = Duration(time.Minute)
	Hour   = Duration(time.Hour)
)

// Seconds is d as a floating-point number of AWS seconds.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }

// String is d in Go's notation without trailing zero units: "2m", "1h30m", "45s".
func (d Duration) String() string { return trimZeroUnits(time.Duration(d).String()) }

// MarshalText encodes d as [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText decodes a number with a unit; a bare number is an error that names
// the fix.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := parseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// LabDuration is a length of lab time that a person writes: the capacity phases,
// whose requests must be counted and which no speed shortens. Its text form is
// that of [Duration].
type LabDuration time.Duration

// String is d in Go's notation without trailing zero units.
func (d LabDuration) String() string { return trimZeroUnits(time.Duration(d).String()) }

// MarshalText encodes d as [LabDuration.String] does.
func (d LabDuration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText decodes a number with a unit.
func (d *LabDuration) UnmarshalText(text []byte) error {
	v, err := parseDuration(string(text))
	if err != nil {
		return err
	}
	*d = LabDuration(v)
	return nil
}

func parseDuration(text string) (time.Duration, error) {
	v, err := time.ParseDuration(text)
	if err == nil {
		if v < 0 {
			return 0, fmt.Errorf("duration %q is negative", text)
		}
		return v, nil
	}
	if _, numErr := strconv.ParseFloat(text, 64); numErr == nil {
		return 0, fmt.Errorf("duration %q has no unit: write %ss or %sm", text, text, text)
	}
	return 0, fmt.Errorf("%q is not a duration: write it like 30s, 2m or 1h30m", text)
}

func trimZeroUnits(s string) string {
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Clock turns AWS time into lab time and back. The zero Clock is not usable; make
// one with [NewClock].
type Clock struct{ speed float64 }

// NewClock is a clock that runs speed times as fast as AWS. It fails when speed is
// outside [MinSpeed] to [MaxSpeed].
func NewClock(speed float64) (Clock, error) {
	if !(speed >= MinSpeed && speed <= MaxSpeed) {
		return Clock{}, fmt.Errorf("speed %g is outside %g to %g", speed, MinSpeed, MaxSpeed)
	}
	return Clock{speed: speed}, nil
}

// Speed is how many AWS seconds pass in one lab second.
func (c Clock) Speed() float64 { return c.speed }

// Lab is the lab time that d of AWS time takes.
func (c Clock) Lab(d Duration) time.Duration {
	return time.Duration(math.Round(float64(d) / c.speed))
}

// AWS is the AWS time that passes in d of lab time.
func (c Clock) AWS(d time.Duration) Duration {
	return Duration(math.Round(float64(d) * c.speed))
}

// Timeout is the lab time of a timeout of d, not shorter than floor. The second
// result says whether the floor applied: the record must state it, since a floor
// of f delays what waits for it by f times the speed.
func (c Clock) Timeout(d Duration, floor time.Duration) (time.Duration, bool) {
	lab := c.Lab(d)
	if lab < floor {
		return floor, true
	}
	return lab, false
}

// ErrTooFast is the error of a speed at which a repeating timer, or the resolution
// of a measurement, would be lost. Errors that wrap it name the highest speed that
// works.
var ErrTooFast = errors.New("speed too high")

// CheckPeriod fails with [ErrTooFast] when a repeating timer of period d would tick
// faster than [FloorTimer] in lab time.
func (c Clock) CheckPeriod(what string, d Duration) error {
	if c.Lab(d) >= FloorTimer {
		return nil
	}
	limit := float64(d) / float64(FloorTimer)
	return fmt.Errorf("%w: %s every %s would tick every %s here; the highest speed that works is %g",
		ErrTooFast, what, d, c.Lab(d), limit)
}

// MaxResolution is the longest interval between requests to one target, in AWS
// time, at which the end of an outage is still seen closely enough.
const MaxResolution = 3 * Second

// CheckRate fails with [ErrTooFast] when rate requests a second, spread over
// targets in rotation, leave more than [MaxResolution] of AWS time between two
// requests to the same target.
func (c Clock) CheckRate(rate float64, targets int) error {
	if targets < 1 {
		targets = 1
	}
	gap := float64(targets) * c.speed / rate
	if gap <= MaxResolution.Seconds() {
		return nil
	}
	limit := MaxResolution.Seconds() * rate / float64(targets)
	return fmt.Errorf("%w: at %.6g requests/s a target is asked every %.3g AWS s, more than %s; the highest speed that works is %.6g",
		ErrTooFast, rate, gap, MaxResolution, limit)
}
