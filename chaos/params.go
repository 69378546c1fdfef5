package chaos

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"showdown"
	"showdown/targets/cloud/ec2"
)

// values are an action's parameters, parsed.
type values struct {
	text map[string]string
	// The parameters by their kind, of which an action has one; of several, the last.
	instanceType string
	count        int
	choice       string
	// choices and durations are the same by parameter, where an action has several.
	choices   map[string]string
	durations map[string]showdown.Duration
	// names are the parameters that name something of the cell, by parameter: a cut has
	// two of them. Whether the cell has it is the loader's to check.
	names    map[string]string
	share    float64
	factor   float64
	latency  time.Duration
	duration showdown.Duration
}

// parseParams reads what a file says to an action, with the defaults filled in. Its
// errors name the parameter and the fix.
func parseParams(a showdown.Action, with map[string]string) (values, error) {
	v := values{
		text: make(map[string]string, len(a.Params)), names: map[string]string{},
		choices: map[string]string{}, durations: map[string]showdown.Duration{},
	}
	var problems []error
	for _, p := range a.Params {
		text, given := with[p.Name]
		if !given {
			text = p.Default
		}
		if text == "" && p.Optional && !given {
			continue
		}
		if text == "" {
			problems = append(problems, fmt.Errorf("%s needs %s, %s: add with: {%s: ...}", a.Name, p.Name, p.Does, p.Name))
			continue
		}
		v.text[p.Name] = text
		if err := v.parse(p, text); err != nil {
			problems = append(problems, fmt.Errorf("%s of %s: %w", p.Name, a.Name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(with)) {
		if _, known := v.text[name]; known || slices.ContainsFunc(a.Params, func(p showdown.Param) bool { return p.Name == name }) {
			continue
		}
		problems = append(problems, unknownParam(a, name))
	}
	return v, errors.Join(problems...)
}

func (v *values) parse(p showdown.Param, text string) error {
	switch p.Kind {
	case "type":
		if names := ec2.TypeNames(); !slices.Contains(names, text) {
			return fmt.Errorf("unknown instance type %q%s", text, meant(text, names))
		}
		v.instanceType = text
	case "count":
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxCount {
			return fmt.Errorf("%q is not a count: write a whole number from 1 to %d", text, maxCount)
		}
		v.count = n
	case "choice":
		if !slices.Contains(p.Choices, text) {
			return fmt.Errorf("unknown choice %q%s", text, hint(text, p.Choices))
		}
		v.choice, v.choices[p.Name] = text, text
	case "name", "instance", "group", "source", "host", "zone", "balancer", "target_group", "scaling_group", "text":
		v.names[p.Name] = text
	case "share":
		var s showdown.Share
		if err := s.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		if s == 0 {
			return errors.New("0% does nothing: write a share above 0, at most 100%")
		}
		v.share = float64(s)
	case "factor":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !(f > 0 && f <= maxFactor) {
			return fmt.Errorf("%q is not a factor: write a number above 0 and at most %d, like 5", text, maxFactor)
		}
		v.factor = f
	case "latency":
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > maxLatency {
			return fmt.Errorf("%q is not a latency: write a length of real time above 0 and at most 1m, like 100ms", text)
		}
		v.latency = d
	case "duration":
		if err := v.duration.UnmarshalText([]byte(text)); err != nil {
			return err
		}
		if v.duration == 0 {
			return fmt.Errorf("%q does nothing: write a length of AWS time above 0, like 10m", text)
		}
		v.durations[p.Name] = v.duration
	default:
		return fmt.Errorf("parameters of the kind %q cannot be read yet", p.Kind)
	}
	return nil
}

// Bounds of parameters, whatever the action.
const (
	// maxCount bounds what an action asks for at once.
	maxCount   = 1000
	maxFactor  = 1000
	maxLatency = time.Minute
)

func unknownParam(a showdown.Action, name string) error {
	if len(a.Params) == 0 {
		return fmt.Errorf("%s has no parameters: remove %s", a.Name, name)
	}
	names := make([]string, len(a.Params))
	for i, p := range a.Params {
		names[i] = p.Name
	}
	return fmt.Errorf("%s has no parameter %q%s; it has %s", a.Name, name, meant(name, names), strings.Join(names, ", "))
}
