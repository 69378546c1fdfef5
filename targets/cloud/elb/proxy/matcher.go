package proxy

import (
	"fmt"
	"strconv"
	"strings"
)

// matcher is the statuses with which a health check passes.
type matcher []struct{ first, last int }

// parseMatcher reads "200", "200,302" or "200-299". Statuses are 200 to 499 (User Guide
// for Application Load Balancers, Health checks for target groups: matcher).
func parseMatcher(text string) (matcher, error) {
	var m matcher
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		first, ok := parseStatus(from)
		last, also := parseStatus(to)
		if !ok || !also || first > last {
			return nil, fmt.Errorf("matcher %q: write it like 200, 200,302 or 200-299, from 200 to 499", text)
		}
		m = append(m, struct{ first, last int }{first, last})
	}
	return m, nil
}

func parseStatus(text string) (int, bool) {
	if len(text) != 3 || !isDigit(text[0]) || !isDigit(text[1]) || !isDigit(text[2]) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && 200 <= n && n <= 499
}

func (m matcher) matches(status int) bool {
	for _, r := range m {
		if r.first <= status && status <= r.last {
			return true
		}
	}
	return false
}
