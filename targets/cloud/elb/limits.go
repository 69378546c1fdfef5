package elb

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"showdown"
	"showdown/targets/cloud"
)

// span is a documented range of durations, both ends included.
type span struct{ min, max showdown.Duration }

func (s span) check(what string, d showdown.Duration) error {
	if d < s.min || d > s.max {
		return fmt.Errorf("%s of %s is outside of %s to %s", what, d, s.min, s.max)
	}
	return nil
}

// The documented ranges.
var (
	idleRange      = span{showdown.Second, 4000 * showdown.Second}     // ALB, Load balancer attributes; CLB, Idle connection timeout
	intervalRange  = span{5 * showdown.Second, 300 * showdown.Second}  // ALB, Target health checks; CLB, Health checks
	timeoutRange   = span{2 * showdown.Second, 120 * showdown.Second}  // ALB, Target health checks
	timeoutClassic = span{2 * showdown.Second, showdown.Minute}        // CLB, Health checks
	delayRange     = span{0, showdown.Hour}                            // ALB, Target groups; CLB, Connection draining
	slowRange      = span{30 * showdown.Second, 900 * showdown.Second} // ALB, Target groups: slow start
	cookieRange    = span{showdown.Second, 7 * 24 * showdown.Hour}     // ALB, Sticky sessions
	shiftRange     = span{showdown.Minute, 72 * showdown.Hour}         // ALB, Zonal shift
)

const (
	minThreshold, maxThreshold = 2, 10 // ALB, Target health checks; CLB, Health checks
	maxWeight                  = 999   // ALB, Listener rules
	maxForward                 = 5     // target groups of an action: ALB, Listener rules
	maxPath                    = 1024  // characters: ALB, Target health checks
	minMatch, maxMatch         = 200, 499
)

// legalName is the name of a load balancer or a target group (API Reference,
// CreateLoadBalancer and CreateTargetGroup).
var legalName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$`)

// checkSpec says everything in which a load balancer is not what AWS would accept.
func checkSpec(s showdown.LoadBalancer) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !legalName.MatchString(s.Name) || strings.HasPrefix(s.Name, "internal-") {
		bad("name %q: write at most 32 letters, digits and hyphens, not beginning with internal-", s.Name)
	}
	switch {
	case s.Type != showdown.ApplicationBalancer && s.Type != showdown.ClassicBalancer:
		bad("type %q: write %s or %s", s.Type, showdown.ApplicationBalancer, showdown.ClassicBalancer)
	case s.Type == showdown.ApplicationBalancer && len(s.Zones) < 2:
		bad("an application load balancer needs at least two zones; use a classic one, or a second zone without targets")
	}
	errs = append(errs, checkZones(s.Zones), idleRange.check("an idle timeout", s.IdleTimeout))
	named := map[string]bool{}
	for _, g := range s.TargetGroups {
		if !legalName.MatchString(g.Name) {
			bad("target group %q: write at most 32 letters, digits and hyphens", g.Name)
		}
		if named[g.Name] {
			bad("target group %q is there twice", g.Name)
		}
		named[g.Name] = true
		if err := checkGroup(s.Type, g); err != nil {
			bad("target group %q: %w", g.Name, err)
		}
	}
	if s.Type == showdown.ClassicBalancer && len(s.TargetGroups) != 1 {
		bad("a classic load balancer has one target group, which stands for its instances; this one has %d", len(s.TargetGroups))
	}
	return errors.Join(append(errs, checkListeners(s, named))...)
}

func checkZones(zones []string) error {
	for i, z := range zones {
		if len(z) < 2 || z[len(z)-1] < 'a' || z[len(z)-1] > 'z' {
			return fmt.Errorf("zone %q: write it like us-east-1a", z)
		}
		if slices.Contains(zones[:i], z) {
			return fmt.Errorf("zone %q is there twice", z)
		}
		if regionOf(z) != regionOf(zones[0]) {
			return fmt.Errorf("zones %q and %q are of two Regions", zones[0], z)
		}
	}
	if len(zones) == 0 {
		return errors.New("a load balancer needs a zone")
	}
	return nil
}

func checkListeners(s showdown.LoadBalancer, named map[string]bool) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	ports := map[int]bool{}
	for _, l := range s.Listeners {
		port := l.Port
		if port == 0 {
			port = cloud.Port
		}
		if port < 1 || port > 65535 || ports[port] {
			bad("listener on port %d: a port is 1 to 65535, and has one listener", port)
		}
		ports[port] = true
		if len(l.Forward) < 1 || len(l.Forward) > maxForward {
			bad("listener on port %d: it forwards to 1 to %d target groups, not %d", port, maxForward, len(l.Forward))
		}
		all := 0
		for _, f := range l.Forward {
			if !named[f.TargetGroup] {
				bad("listener on port %d: there is no target group %q", port, f.TargetGroup)
			}
			if f.Weight < 0 || f.Weight > maxWeight {
				bad("listener on port %d: the weight %d of %q is outside of 0 to %d", port, f.Weight, f.TargetGroup, maxWeight)
			}
			all += f.Weight
		}
		if len(l.Forward) > 1 && all == 0 {
			bad("listener on port %d: none of its target groups has a weight", port)
		}
	}
	if len(s.Listeners) == 0 {
		bad("a load balancer without a listener takes no connection")
	}
	return errors.Join(errs...)
}

// checkGroup says in which of its attributes a target group is not what AWS would accept.
func checkGroup(t showdown.BalancerType, g showdown.TargetGroup) error {
	errs := []error{checkHealthCheck(t, g.HealthCheck), delayRange.check("a deregistration delay", g.DeregistrationDelay)}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch g.Algorithm {
	case "", showdown.RoundRobin, showdown.LeastOutstanding:
	default:
		bad("algorithm %q: write %s or %s", g.Algorithm, showdown.RoundRobin, showdown.LeastOutstanding)
	}
	if g.SlowStart != 0 {
		errs = append(errs, slowRange.check("a slow start", g.SlowStart))
		if t == showdown.ClassicBalancer || g.Algorithm == showdown.LeastOutstanding {
			bad("slow start is for round_robin of an application load balancer only")
		}
	}
	if s := g.Stickiness; s != nil {
		switch s.Type {
		case showdown.DurationCookie:
			errs = append(errs, cookieRange.check("a stickiness duration", s.Duration))
		case showdown.ApplicationCookie:
			if s.Cookie == "" || strings.HasPrefix(s.Cookie, "AWSALB") {
				bad("the application cookie %q: it has a name, not one of the load balancer's own (AWSALB...)", s.Cookie)
			}
		default:
			bad("stickiness %q: write %s or %s", s.Type, showdown.DurationCookie, showdown.ApplicationCookie)
		}
		if t == showdown.ApplicationBalancer && !g.CrossZone {
			bad("stickiness needs cross_zone")
		}
	}
	return errors.Join(errs...)
}

// checkHealthCheck says in what a health check is not one that AWS would accept.
func checkHealthCheck(t showdown.BalancerType, c showdown.TargetHealthCheck) error {
	errs := []error{intervalRange.check("a health check's interval", c.Interval)}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	within := timeoutRange
	if t == showdown.ClassicBalancer {
		within = timeoutClassic
	}
	errs = append(errs, within.check("a health check's timeout", c.Timeout))
	if c.Timeout >= c.Interval {
		bad("a health check's timeout of %s is not shorter than its interval of %s", c.Timeout, c.Interval)
	}
	for _, n := range []int{c.HealthyThreshold, c.UnhealthyThreshold} {
		if n < minThreshold || n > maxThreshold {
			bad("a threshold of %d is outside of %d to %d", n, minThreshold, maxThreshold)
		}
	}
	if !strings.HasPrefix(c.Path, "/") || len(c.Path) > maxPath || strings.ContainsFunc(c.Path, func(r rune) bool { return r <= ' ' || r > '~' }) {
		bad("a health check's path %q: it begins with / and has at most %d characters, none of them a space", c.Path, maxPath)
	}
	if err := checkMatcher(c.Matcher); err != nil {
		errs = append(errs, err)
	} else if t == showdown.ClassicBalancer && c.Matcher != "200" {
		bad("a classic load balancer takes the status 200 only, not %q", c.Matcher)
	}
	return errors.Join(errs...)
}

// checkMatcher takes "200", "200,302" and "200-299" (API Reference, Matcher: 200 to 499
// of an Application Load Balancer).
func checkMatcher(m string) error {
	for part := range strings.SplitSeq(m, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		from, err := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err != nil || err2 != nil || from < minMatch || to > maxMatch || from > to {
			return fmt.Errorf("matcher %q: write statuses from %d to %d like 200, 200,302 or 200-299", m, minMatch, maxMatch)
		}
	}
	return nil
}

// checkSpeed fails where a health check could still be under way when the next one is
// due, because its timeout is held up at the clock's floor. It says the highest speed that
// works.
func checkSpeed(clock showdown.Clock, s showdown.LoadBalancer) error {
	var errs []error
	for _, g := range s.TargetGroups {
		if err := checkPace(clock, g.Name, g.HealthCheck); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// shortestInterval is the shortest interval of health checks, in lab time.
const shortestInterval = showdown.FloorHealthCheck + time.Millisecond

func checkPace(clock showdown.Clock, group string, c showdown.TargetHealthCheck) error {
	every := clock.Lab(c.Interval)
	if every >= shortestInterval || c.Interval < intervalRange.min { // which is refused for what it is
		return nil
	}
	return fmt.Errorf("%w: a health check of %q every %s would tick every %s here, and one may take %s; the highest speed that works is %g",
		showdown.ErrTooFast, group, c.Interval, every, showdown.FloorHealthCheck, float64(c.Interval)/float64(shortestInterval))
}
