package proxy

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The forms are those of the User Guide for Application Load Balancers, Request tracing.
func TestTrace(t *testing.T) {
	const id = `1-65f1a2b3-[0-9a-f]{24}`
	for _, test := range []struct{ given, want string }{
		{"", "^Root=" + id + "$"},
		{"Root=1-67891233-abcdef012345678912345678", "^Self=" + id + ";Root=1-67891233-abcdef012345678912345678$"},
		{"Root=1-67891233-abcdef012345678912345678;CalledFrom=app", "^Self=" + id + ";Root=1-67891233-abcdef012345678912345678;CalledFrom=app$"},
		{"Self=1-1-2;Root=1-67891233-abcdef012345678912345678", "^Self=" + id + ";Root=1-67891233-abcdef012345678912345678$"},
		{"CalledFrom=app", "^Root=" + id + ";CalledFrom=app$"},
		{"Root=" + strings.Repeat("a", 8<<10), "^Root=" + id + "$"},
		{" ; ;a", "^Root=" + id + ";a$"},
	} {
		got := string(appendTrace(nil, []byte(test.given), time.Unix(0x65f1a2b3, 0), rand.NewPCG(1, 2)))
		if !regexp.MustCompile(test.want).MatchString(got) {
			t.Errorf("%.80q becomes %q, want %s", test.given, got, test.want)
		}
	}
	rng := rand.NewPCG(1, 2)
	a, b := string(appendTrace(nil, nil, time.Unix(1, 0), rng)), string(appendTrace(nil, nil, time.Unix(1, 0), rng))
	if a == b {
		t.Error("two requests have the same id")
	}
}
