package journeys

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"showdown"
)

// Bounds of target groups (User Guide for Application Load Balancers: Health checks for
// your target groups, Target group attributes, Sticky sessions; User Guide for Classic
// Load Balancers: Configure health checks).
const (
	minCheckInterval       = 5 * showdown.Second
	maxCheckInterval       = 300 * showdown.Second
	minCheckTimeout        = 2 * showdown.Second
	maxCheckTimeout        = 120 * showdown.Second
	maxClassicCheckTimeout = 60 * showdown.Second
	minPasses, maxPasses   = 2, 10
	minStatus, maxStatus   = 200, 499
	maxDeregistration      = 3600 * showdown.Second
	minSlowStart           = 30 * showdown.Second
	maxSlowStart           = 900 * showdown.Second
	minSticky              = showdown.Second
	maxSticky              = 7 * 24 * showdown.Hour
)

// cookiePattern is what a cookie may be named (RFC 6265, section 4.1.1: a token).
var cookiePattern = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$")

// targetGroups checks the target groups of a load balancer. taken are the names of those
// of others, and zones the instances that may be registered, with the zone of each.
func (c *checker) targetGroups(top *showdown.Topology, b *showdown.LoadBalancer, path string, taken map[string]bool, zones map[string]string) {
	path += ".target_groups"
	classic := b.Type == showdown.ClassicBalancer
	if len(b.TargetGroups) == 0 {
		c.missing(path, "the list of target groups")
		return
	}
	if n := len(b.TargetGroups); n > maxTargetGroups {
		c.add(path, "the load balancer has %d target groups: AWS gives it at most %d", n, maxTargetGroups)
		return
	}
	if classic && len(b.TargetGroups) > 1 {
		c.add(path, "a Classic Load Balancer has one target group, its registered instances: keep one, or write type: application")
	}
	filled := false
	for i := range b.TargetGroups {
		g, at := &b.TargetGroups[i], element(path, i)
		if !c.places.has(at) {
			at = parentPath(path) // the group that the file leaves out
		}
		switch {
		case len(b.TargetGroups) > 1 || c.places.has(element(path, i)+".name"):
			c.shortName(at+".name", "the target group's name", g.Name, taken)
		case taken[g.Name] && g.Name != "":
			c.add(at, "the target group is named %q like its load balancer, and there is one of that name already: give one of the two another name", g.Name)
		default:
			taken[g.Name] = true
		}
		c.registered(top, b, g, at+".instances", zones)
		filled = filled || len(g.Instances) > 0 || fills(top, g.Name)
		c.targetHealth(b, &g.HealthCheck, at+".health_check")
		c.oneOf(at+".algorithm", "algorithm", string(g.Algorithm), []string{string(showdown.RoundRobin), string(showdown.LeastOutstanding)})
		if classic && c.places.has(at+".algorithm") {
			c.addKey(at+".algorithm", "a Classic Load Balancer has no choice of algorithm, it sends a request to the instance with the fewest outstanding ones: drop the line")
		}
		c.ranged(at+".deregistration_delay", g.DeregistrationDelay, 0, maxDeregistration, elastic)
		c.slowStart(g, classic, at+".slow_start")
		c.stickiness(g, classic, at+".stickiness")
	}
	if !filled {
		c.add(path, "load balancer %q has no target: name instances in a target group, or a target group in an Auto Scaling group", b.Name)
	}
}

// fills says that an Auto Scaling group registers its instances in the target group.
func fills(top *showdown.Topology, name string) bool {
	return slices.ContainsFunc(top.AutoScalingGroups, func(g showdown.AutoScalingGroup) bool { return slices.Contains(g.TargetGroups, name) })
}

// registered checks the instances that a target group has from the beginning.
func (c *checker) registered(top *showdown.Topology, b *showdown.LoadBalancer, g *showdown.TargetGroup, path string, zones map[string]string) {
	c.once(path, "instance", g.Instances)
	for i, name := range g.Instances {
		at := element(path, i)
		if zone, ok := zones[name]; ok {
			c.enabled(at, fmt.Sprintf("instance %q is", name), zone, b)
			continue
		}
		if group := slices.IndexFunc(top.AutoScalingGroups, func(s showdown.AutoScalingGroup) bool { return gives(s, name) }); group >= 0 {
			c.add(at, "instance %q is one of group %q, which registers its instances itself: drop it here, and write target_groups: [%s] in the group", name, top.AutoScalingGroups[group].Name, g.Name)
			continue
		}
		c.among(at, "instance", name, sortedKeys(zones))
	}
}

// enabled checks that a load balancer has a node in the zone: targets elsewhere get no
// request (User Guide for Application Load Balancers, Target groups: registered targets).
func (c *checker) enabled(path, who, zone string, b *showdown.LoadBalancer) {
	if len(b.Zones) > 0 && !slices.Contains(b.Zones, zone) {
		c.add(path, "%s in %s, where load balancer %q has no node, and would get no request: add the zone to the load balancer", who, zone, b.Name)
	}
}

// targetHealth checks how targets are looked at.
func (c *checker) targetHealth(b *showdown.LoadBalancer, h *showdown.TargetHealthCheck, path string) {
	classic := b.Type == showdown.ClassicBalancer
	if !isPath(h.Path) {
		c.add(path+".path", "path %q is not a path: it begins with / and has no blanks, like %s", h.Path, DefaultCheckPath)
	}
	longest := maxCheckTimeout
	if classic {
		longest = maxClassicCheckTimeout
	}
	interval := c.ranged(path+".interval", h.Interval, minCheckInterval, maxCheckInterval, elastic)
	timeout := c.ranged(path+".timeout", h.Timeout, minCheckTimeout, longest, elastic)
	if interval && timeout && h.Timeout >= h.Interval {
		at := path + ".timeout"
		if !c.places.has(at) {
			at = path + ".interval"
		}
		c.add(at, "the timeout %s is not shorter than the interval %s: a check is over before the next one begins; make one shorter or the other longer", h.Timeout, h.Interval)
	}
	for _, t := range []struct {
		name  string
		value int
	}{{"healthy_threshold", h.HealthyThreshold}, {"unhealthy_threshold", h.UnhealthyThreshold}} {
		if t.value < minPasses || t.value > maxPasses {
			c.add(child(path, t.name), "%s must lie between %d and %d, as %s's does", t.name, minPasses, maxPasses, elastic)
		}
	}
	at := path + ".matcher"
	if err := checkMatcher(h.Matcher); err != nil {
		c.add(at, "%w", err)
	} else if classic && h.Matcher != DefaultMatcher {
		c.add(at, "a Classic Load Balancer takes the status %s alone: drop the line", DefaultMatcher)
	}
}

// checkMatcher fails for what is neither a status, nor a list, nor a range of them.
func checkMatcher(text string) error {
	wrong := fmt.Errorf("matcher %q: write statuses from %d to %d, one, a list or a range of them: 200, \"200,302\" or 200-299", text, minStatus, maxStatus)
	status := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= minStatus && n <= maxStatus && strconv.Itoa(n) == s
	}
	if from, to, ok := strings.Cut(text, "-"); ok {
		low, first := status(from)
		high, second := status(to)
		if !first || !second || low >= high {
			return wrong
		}
		return nil
	}
	for s := range strings.SplitSeq(text, ",") {
		if _, ok := status(s); !ok {
			return wrong
		}
	}
	return nil
}

func (c *checker) slowStart(g *showdown.TargetGroup, classic bool, path string) {
	switch {
	case g.SlowStart == 0:
	case classic:
		c.addKey(path, "a Classic Load Balancer has no slow start: drop the line, or write type: application")
	case !c.ranged(path, g.SlowStart, minSlowStart, maxSlowStart, elastic):
	case g.Algorithm == showdown.LeastOutstanding:
		c.add(path, "slow start does not go with %s: drop the line, or write algorithm: %s", showdown.LeastOutstanding, showdown.RoundRobin)
	}
}

// stickiness checks what binds a client to its target.
func (c *checker) stickiness(g *showdown.TargetGroup, classic bool, path string) {
	s := g.Stickiness
	if s == nil {
		return
	}
	if !g.CrossZone && !classic {
		c.addKey(path, "stickiness needs cross_zone: a node must reach the client's target in every zone; drop cross_zone: false or the stickiness")
	}
	switch s.Type {
	case showdown.DurationCookie:
		c.ranged(path+".duration", s.Duration, minSticky, maxSticky, elastic)
		if c.places.has(path + ".cookie") {
			c.addKey(path+".cookie", "the cookie of %s is the load balancer's own: drop the line, or write type: %s", s.Type, showdown.ApplicationCookie)
		}
	case showdown.ApplicationCookie:
		if classic && c.places.has(path+".duration") {
			c.addKey(path+".duration", "the stickiness of a Classic Load Balancer lasts as long as the application's cookie: drop the line")
		} else if !classic {
			c.ranged(path+".duration", s.Duration, minSticky, maxSticky, elastic)
		}
		c.cookie(s.Cookie, path+".cookie")
	default:
		c.oneOf(path+".type", "type of stickiness", string(s.Type), []string{string(showdown.DurationCookie), string(showdown.ApplicationCookie)})
	}
}

// cookie checks the name of an application's cookie. The load balancers keep some for
// themselves (User Guide for Application Load Balancers, Sticky sessions).
func (c *checker) cookie(name, path string) {
	reserved := func(prefix string) bool { return strings.HasPrefix(strings.ToUpper(name), prefix) }
	switch {
	case name == "":
		c.missing(path, "the name of the application's cookie")
	case !cookiePattern.MatchString(name):
		c.add(path, "cookie %q is no name of a cookie: write letters, digits, dashes and underscores", name)
	case reserved("AWSALB") || reserved("AWSELB"):
		c.add(path, "cookie %q is reserved for the load balancer: name the one that the application sets", name)
	}
}
