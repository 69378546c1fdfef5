package journeys

import (
	"reflect"
	"strings"
	"testing"

	"showdown"
)

// small is a complete stage without a fault, whose lines the tests of bad input
// change.
const small = `version: 1
journey: mine
stage: small
title: One server
cells:
  - name: base
    topology:
      instances:
        - name: web-1
          type: t2.micro
    traffic:
      phases:
        - name: calm
          for: 10m
          rate: 100
        - name: ladder
          lab: 1s
          steps: [100, 200]
    timeline:
      - letter: A
        at: 1m
        do: kill
        target: web-1
        for: 5m
    reference:
      fault: A
      before: 30s
      length: 7m
claims:
  - id: "7"
    text: Stateless web app
    expect: 'count(whole(), "wrong") == 0'
`

// testKnown is what the tests let a stage refer to.
func testKnown() Known {
	return Known{
		Types:   []string{"t2.nano", "t2.micro", "t2.small", "t3.micro", "m5.large", "m5.xlarge"},
		Apps:    []string{"clock"},
		Regions: []string{"us-east-1"},
	}
}

func mustLoad(t *testing.T, text string) *showdown.Stage {
	t.Helper()
	s, err := Load([]byte(text), "mine.yaml", testKnown())
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	return s
}

// edit replaces the only place of old in small.
func edit(t testing.TB, old, with string) string {
	t.Helper()
	if strings.Count(small, old) != 1 {
		t.Fatalf("%q is %d times in the stage, want once", old, strings.Count(small, old))
	}
	return strings.Replace(small, old, with, 1)
}

func mustClock(t *testing.T, speed float64) showdown.Clock {
	t.Helper()
	c, err := showdown.NewClock(speed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// everyField is the name of every field of the format, each once.
func everyField() []string {
	seen := map[string]bool{}
	for _, t := range []reflect.Type{
		reflect.TypeFor[showdown.Stage](), reflect.TypeFor[showdown.Teach](), reflect.TypeFor[showdown.SLO](),
		reflect.TypeFor[showdown.Cell](), reflect.TypeFor[showdown.Topology](), reflect.TypeFor[showdown.Instance](),
		reflect.TypeFor[showdown.SecurityGroup](), reflect.TypeFor[showdown.SecurityRule](),
		reflect.TypeFor[showdown.Traffic](), reflect.TypeFor[showdown.Cohort](), reflect.TypeFor[showdown.Phase](),
		reflect.TypeFor[showdown.SteadyState](), reflect.TypeFor[showdown.Step](), reflect.TypeFor[showdown.Reference](),
		reflect.TypeFor[showdown.Repeat](),
		reflect.TypeFor[showdown.Claim](), reflect.TypeFor[showdown.Gate](), reflect.TypeFor[showdown.Abort](), reflect.TypeFor[header](),
		reflect.TypeFor[showdown.HostedZone](), reflect.TypeFor[showdown.RecordSet](), reflect.TypeFor[showdown.DNSHealthCheck](),
		reflect.TypeFor[showdown.Ageing](), reflect.TypeFor[showdown.Program](),
		reflect.TypeFor[showdown.LoadBalancer](), reflect.TypeFor[showdown.Listener](), reflect.TypeFor[showdown.Forward](),
		reflect.TypeFor[showdown.TargetGroup](), reflect.TypeFor[showdown.TargetHealthCheck](), reflect.TypeFor[showdown.Stickiness](),
		reflect.TypeFor[showdown.AutoScalingGroup](), reflect.TypeFor[showdown.ScalingPolicy](), reflect.TypeFor[showdown.ScalingStep](),
		reflect.TypeFor[showdown.ScheduledAction](), reflect.TypeFor[showdown.WarmPool](),
	} {
		for _, name := range fieldsOf(t).names {
			seen[name] = true
		}
	}
	return sortedKeys(seen)
}
