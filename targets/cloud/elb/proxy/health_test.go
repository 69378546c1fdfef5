package proxy

import (
	"math/rand/v2"
	"strings"
	"testing"

	"showdown/targets/cloud"
)

func TestHealth(t *testing.T) {
	// The defaults: 5 passes to be healthy again, 2 failures to be unhealthy, 1 pass for a
	// new target of an Application Load Balancer, 10 for one of a Classic one.
	alb := cloud.BalancerCheck{Healthy: 5, Unhealthy: 2, First: 1}
	classic := cloud.BalancerCheck{Healthy: 10, Unhealthy: 2, First: 10}
	for _, test := range []struct {
		name    string
		check   cloud.BalancerCheck
		known   bool
		results string // p is a pass and f a failure
		states  string // after each: i, h or u
	}{
		{"new, passes at once", alb, false, "p", "h"},
		{"new, fails first", alb, false, "fpf", "ihh"},
		{"new, fails twice", alb, false, "ffpppppp", "iuuuuuhh"},
		{"known", alb, true, "pfpfpff", "hhhhhhu"},
		{"one failure is none", alb, true, "fpfp", "hhhh"},
		{"back after five in a row", alb, true, "ffppppfppppp", "huuuuuuuuuuh"},
		{"classic, new", classic, false, "pppppppppp", "iiiiiiiiih"},
		{"classic, new, with a failure", classic, false, "pppppfpppppppppp", "iiiiiiiiiiiiiiih"},
		{"classic, back", classic, true, "ffpppppppppp", "huuuuuuuuuuh"},
	} {
		h := newHealth(test.known)
		got := ""
		for _, r := range test.results {
			failure := ""
			if r == 'f' {
				failure = "connection refused"
			}
			next, reason := h.step(failure, test.check)
			if (reason != "") != (next.state != h.state) {
				t.Errorf("%s: reason %q for %s to %s", test.name, reason, h.state, next.state)
			}
			h = next
			got += h.state[:1]
		}
		if got != test.states {
			t.Errorf("%s: %s, want %s", test.name, got, test.states)
		}
	}
}

func TestHealthReason(t *testing.T) {
	h := newHealth(true)
	c := cloud.BalancerCheck{Healthy: 1, Unhealthy: 2, First: 1}
	h, _ = h.step("status 500", c)
	h, reason := h.step("connection refused", c)
	if reason != "2 checks failed: connection refused" {
		t.Error(reason)
	}
	if _, reason = h.step("", c); reason != "1 check passed" {
		t.Error(reason)
	}
}

// Whatever the results are, a state turns exactly when the last ones in a row are as many
// as the threshold, and initial does not come back.
func TestHealthProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		c := cloud.BalancerCheck{Healthy: 1 + rng.IntN(5), Unhealthy: 1 + rng.IntN(5), First: 1 + rng.IntN(5)}
		h := newHealth(rng.IntN(2) == 0)
		results := ""
		for range 40 {
			r, failure := "p", ""
			if rng.IntN(3) == 0 {
				r, failure = "f", "no"
			}
			was := h.state
			h, _ = h.step(failure, c)
			results += r
			need := c.Healthy
			switch {
			case r == "f":
				need = c.Unhealthy
			case was == cloud.TargetInitial:
				need = c.First
			}
			want := was
			if strings.HasSuffix(results, strings.Repeat(r, need)) {
				want = map[string]string{"p": cloud.TargetHealthy, "f": cloud.TargetUnhealthy}[r]
			}
			if h.state != want {
				t.Fatalf("%+v: %s after %s, was %s, want %s", c, h.state, results, was, want)
			}
		}
	}
}

func TestMatcher(t *testing.T) {
	for text, want := range map[string]string{
		"200": "200", "200,302": "200 302", "200-299": "200 204 299", "200-201,301,400-404": "200 201 301 404", "499": "499",
	} {
		m, err := parseMatcher(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		var got []string
		for _, s := range []int{199, 200, 201, 204, 299, 300, 301, 302, 404, 405, 499, 500} {
			if m.matches(s) {
				got = append(got, itoa(s))
			}
		}
		for _, s := range strings.Fields(want) {
			if !strings.Contains(strings.Join(got, " "), s) {
				t.Errorf("%s matches %v, not %s", text, got, s)
			}
		}
		if text == "200" && len(got) != 1 || text == "200-299" && len(got) != 4 {
			t.Errorf("%s matches %v", text, got)
		}
	}
	for _, text := range []string{"", "2", "2000", "abc", "200,", "200-", "-200", "299-200", "200 302", "200-299-300", "600", "199", "500", "+20", "2e2"} {
		if m, err := parseMatcher(text); err == nil {
			t.Errorf("%q is taken for %v", text, m)
		}
	}
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}
