package analysis

import (
	"errors"
	"strings"
	"testing"

	"showdown"
)

func TestTranslate(t *testing.T) {
	for _, tt := range []struct{ source, want string }{
		{`outage("A") between 45s and 3m`, `between ( outage ( "A" ) , 45.0 , 180.0 )`},
		{`outage('A') >= 1h30m`, `outage ( "A" ) >= 5400.0`},
		{`availability(whole()) > 99.9%`, `availability ( whole ( ) ) > 0.999`},
		{`p99(whole()) < 250ms and true`, `p99 ( whole ( ) ) < 0.25 and true`},
		{
			`confirmed("A") and knee("a") / knee("b") between 9 and 16 or false`,
			`confirmed ( "A" ) and between ( knee ( "a" ) / knee ( "b" ) , 9.0 , 16.0 ) or false`,
		},
		{
			`(outage("A") between 1s and 2s) and (outage("B") + 2s) between 3s and (1s + 4s)`,
			`( between ( outage ( "A" ) , 1.0 , 2.0 ) ) and between ( ( outage ( "B" ) + 2.0 ) , 3.0 , ( 1.0 + 4.0 ) )`,
		},
		{`not outage("A") between 1s and 2s`, `not between ( outage ( "A" ) , 1.0 , 2.0 )`},
		{
			`outage("A") between 1s and 2s and outage("B") between 3s and 4s`,
			`between ( outage ( "A" ) , 1.0 , 2.0 ) and between ( outage ( "B" ) , 3.0 , 4.0 )`,
		},
	} {
		got, err := translate(tt.source)
		if err != nil {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		if got.code != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.source, got.code, tt.want)
		}
	}
}

func TestCompileAccepts(t *testing.T) {
	for _, source := range []string{
		`outage("A") between 45s and 180s`,
		`outage("no-eip/A") == 0 or outages("A") == 1`,
		`outages() == 0`,
		`recovered("A") < 3m && confirmed("A") && undone("A")`,
		`detected("A") between 30s and 65s`,
		`fact("A", "code") == "IncorrectInstanceState"`,
		`fact("A", "memory") >= 8 and fact("A", "same_address")`,
		`availability(during("A")) < 1% and availability(after("A", 30s)) > 99%`,
		`availability(during("A", 10s)) < 0.5`,
		`failed(before("A", 1m)) == 0`,
		`requests(phase("calm")) > 1000`,
		`lost(reference()) < 60s`,
		`goodput(phase("m5/2")) / goodput(phase("t2/2")) between 1.1 and 1.5`,
		`offered(whole("no-eip")) > 100`,
		`p50(whole()) < p95(whole()) and p99(whole()) < 250ms`,
		`count(whole(), "refused") > 10`,
		`share(whole(), "web-1") between 31% and 36%`,
		`knee("ladder") > 1.2 * knee("no-credits/ladder")`,
		`peak("ladder") > 200`,
		`availability(cohort("told", during("A"))) > availability(cohort("old"))`,
		`cost("base") < cost() + 5`,
		`events("instance.state", "web-1") >= 4`,
		`waited(whole()) == 0 and longest(reference()) < degraded(whole())`,
		`abs(goodput(phase("a")) - goodput(phase("b"))) < 5`,
		`confirmed("A") ? outage("A") < 3m : false`,
		`-1 < abs(-2)`,
		`lost(during("A")) / 60s < 1.5`,
		`availability(after("A", recovered("A"))) > 50%`,
	} {
		if _, err := Compile(source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct{ source, at, want string }{
		{``, ``, "empty"},
		{`outag("A") < 3m`, `outag`, `did you mean outage?`},
		{`outage(A) < 3m`, `A)`, `write names in quotes`},
		{`outage < 3m`, `outage`, `write outage("A")`},
		{`outage() < 3m`, `outage`, `write outage("A")`},
		{`outage("A", "B") < 3m`, `outage`, `write outage("A")`},
		{`outage(3) < 3m`, `3)`, `wrong arguments: write outage("A")`},
		{`outage("A") < 45`, `45`, `45 has no unit: write 45s`},
		{`outage("A") between 45 and 3m`, `45`, `45 has no unit`},
		{`outage("A") between 3m and 45s`, `45s`, `second bound is below the first`},
		{`outage("A") between 3m`, `between`, `two bounds`},
		{`outage("A") between 3m and`, `and`, `second bound`},
		{`between 1 and 2`, `between`, `value before it`},
		{`outage("A") < 99%`, `<`, `AWS time cannot be compared with a share`},
		{`outage("A") < p99(whole())`, `<`, `AWS time cannot be compared with a latency in real time`},
		{`availability(whole()) > 99`, `99`, `a share is at most 1: write 99%`},
		{`availability(whole()) between 95 and 99`, `95`, `a share is at most 1: write 95%`},
		{`availability(whole()) > 3s`, `>`, `a share cannot be compared with a duration`},
		{`availability("A") > 3`, `"A"`, ``},
		{`outage("A")`, `outage`, `compare it with something`},
		{`outage("A") = 3m`, `= 3m`, `write ==`},
		{`outage("A") < 3min`, `3min`, `not a duration`},
		{`outage("A") < 99 %`, `%`, `without a space`},
		{`outage("A) < 3m`, `"A)`, `not closed`},
		{`outage(“A”) < 3m`, `“`, `straight quotes`},
		{`(outage("A") < 3m`, `(outage`, `never closed`},
		{`outage("A") < 3m)`, `)`, `never opened`},
		{`outage("A") < 3m and`, ``, ``},
		{`count(whole(), "refuse") > 1`, `"refuse"`, `unknown outcome "refuse": one of ok`},
		{`during("A", 10) == during("A")`, `10`, `needs a duration`},
		{`availability(last(30s)) < 50%`, `last`, `for stop_if`},
		{`[1, 2] == [1]`, `[`, `no meaning`},
		{`outage("A") < 3m ; true`, `;`, `no meaning`},
		{`let x == 1`, `let`, `unknown word`},
		{`len("A") > 1`, `len`, `unknown function`},
		{`not outage("A")`, `not`, ``},
		{`outage("A") and true`, `and`, ``},
		{`"A" < "B"`, `<`, `cannot be ordered`},
		{`outage("A" + "B") < 3m`, `+`, `must be written out`},
	} {
		_, err := Compile(tt.source)
		if err == nil {
			t.Errorf("%s: accepted", tt.source)
			continue
		}
		var at *SyntaxError
		if !errors.As(err, &at) {
			t.Errorf("%s: %v is no SyntaxError", tt.source, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.source, err, tt.want)
		}
		if !strings.HasPrefix(tt.source[at.Offset:], tt.at) {
			t.Errorf("%s: %v is at %q, want %q", tt.source, err, tt.source[at.Offset:], tt.at)
		}
	}
}

func TestCompileForChecksNames(t *testing.T) {
	stage := testStage()
	for _, tt := range []struct{ expect, cell, want string }{
		{`outage("A") < 3m`, "", ""},
		{`outage("no-eip/A") < 3m`, "", ""},
		{`outage("A") < 3m`, "no-eip", ""},
		{`outage("Z") < 3m`, "", `column 8: unknown fault of cell base "Z": there is A, B`},
		{`outage("no-eip/Z") < 3m`, "", `unknown fault of cell no-eip "Z"`},
		{`outage("other/A") < 3m`, "", `unknown fault of cell base "other/A"`},
		{`availability(phase("ladder/3")) > 1%`, "", ""},
		{`availability(phase("ladder/4")) > 1%`, "", `unknown phase of cell base "ladder/4"`},
		{`knee("ladder") > 3`, "", ""},
		{`knee("stairs") > 3`, "", `unknown phase of cell base "stairs"`},
		{`availability(whole("no-eip")) > 1%`, "", ""},
		{`availability(whole("eip")) > 1%`, "", `unknown cell "eip": there is base, no-eip`},
		{`availability(cohort("told")) > 1%`, "", `there is none`},
		{`share(whole(), "web-2") > 1%`, "", `unknown instance of cell base "web-2": there is web-1`},
		{`events("instance.state", "web-1") > 1`, "", ""},
		{`reach("internet", "web-1") == "silent"`, "", ""},
		{`"answered" != reach("default", "web-1")`, "", ""},
		{`reachable("web-1", "web-1")`, "", ""},
		{`reachable("no-eip/internet", "web-1") and reachable("internet", "web-1")`, "", ""},
		{`reach("internet", "web-1") == "slient"`, "", `column 31: reach is never "slient": one of answered, refused, silent, unreachable`},
		{`reach("intranet", "web-1") == "silent"`, "", `unknown source of cell base "intranet": there is internet, default, web-1`},
		{`reachable("internet", "web-2")`, "", `unknown instance of cell base "web-2": there is web-1`},
		{`reachable("no-eip/internet", "web-2")`, "", `unknown instance of cell no-eip "web-2"`},
		{`reachable("internet", "no-eip/web-1")`, "", `unknown instance of cell base "no-eip/web-1"`},
		{`reachable("internet")`, "", `write reachable("internet", "web-1")`},
		{`reach("internet", "web-1")`, "", `compare it with something`},
	} {
		_, err := CompileFor(stage, showdown.Claim{Expect: tt.expect, Cell: tt.cell})
		switch {
		case err == nil && tt.want != "":
			t.Errorf("%s: accepted, want %q", tt.expect, tt.want)
		case err != nil && (tt.want == "" || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.expect, err, tt.want)
		}
	}
}

// The instances that an Auto Scaling group begins with are known before the run.
func TestCompileForKnowsTheInstancesOfGroups(t *testing.T) {
	stage := testStage()
	stage.Cells[0].Topology.AutoScalingGroups = []showdown.AutoScalingGroup{{Name: "fleet", Min: 1, Max: 3, Desired: 2}}
	for expect, want := range map[string]string{
		`share(whole(), "fleet-2") > 1%`:    "",
		`reachable("fleet-1", "web-1")`:     "",
		`reachable("internet", "fleet-3")`:  "", // launched later
		`reachable("internet", "fleets-1")`: `unknown instance of cell base "fleets-1": there is web-1, fleet-1, fleet-2`,
		`share(whole(), "no-eip/web") > 1%`: `unknown instance of cell no-eip "web"`,
	} {
		_, err := CompileFor(stage, showdown.Claim{Expect: expect})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", expect, err, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`outage("A") between 45s and 3m`, `availability(whole()) > 99.9%`, `not (true or false)`, `((((`, `"ä" == 'b'`,
		`a between b between c`, `1h30m < -2`, `knee("x") / peak("y") > 1e3`, "\x80", `fact("A", "k") contains "x" ? true : false`,
		`availability(last(30s)) < 50%`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		for _, compile := range []func(string) error{
			func(s string) error { _, err := Compile(s); return err },
			func(s string) error { _, err := CompileCondition(s); return err },
		} {
			err := compile(source)
			if err == nil {
				continue
			}
			var at *SyntaxError
			if !errors.As(err, &at) {
				t.Fatalf("%q: %v is no SyntaxError", source, err)
			}
			if at.Offset < 0 || at.Offset > len(source) || at.Column < 1 || at.Message == "" || strings.Contains(at.Message, "\n") {
				t.Fatalf("%q: bad place or message: %+v", source, at)
			}
		}
	})
}
