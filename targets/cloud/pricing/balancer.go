package pricing

import (
	"cmp"
	"slices"

	"showdown"
)

// GB is the bytes of a gigabyte on a bill.
const GB = 1e9

// BalancerLoad is what an Application Load Balancer did in a length of AWS time.
type BalancerLoad struct {
	NewConnections float64
	// ActiveConnectionMinutes is the active connections of each minute, added up.
	ActiveConnectionMinutes float64
	// Bytes are those of requests and answers.
	Bytes float64
	// Requests are routed by Rules rules, the default one among them.
	Requests float64
	Rules    int
}

// Dimension is one of the four measures of a load balancer's capacity units.
type Dimension struct {
	Name string
	// LCUs is how many capacity units the load needs by this measure.
	LCUs float64
}

// What one load balancer capacity unit (LCU) holds (cloudcostkit.com for the
// dimensions; the numbers are unverified).
const (
	lcuNewConnections    = 25.0   // a second
	lcuActiveConnections = 3000.0 // a minute
	lcuGB                = 1.0    // an hour
	lcuRules             = 1000.0 // evaluations a second
	freeRules            = 10
)

// LCUs is the capacity units that the load takes over a time, by each measure and the
// greatest first, which is the one that is paid for. AWS takes the mean of each hour;
// here it is that of the whole time. Nothing is taken in no time.
func (l BalancerLoad) LCUs(over showdown.Duration) []Dimension {
	out := []Dimension{{Name: "new connections"}, {Name: "active connections"}, {Name: "bytes"}, {Name: "rule evaluations"}}
	s := over.Seconds()
	if s <= 0 {
		return out
	}
	out[0].LCUs = l.NewConnections / s / lcuNewConnections
	out[1].LCUs = l.ActiveConnectionMinutes / (s / 60) / lcuActiveConnections
	out[2].LCUs = l.Bytes / GB / (s / 3600) / lcuGB
	out[3].LCUs = l.Requests * float64(max(l.Rules-freeRules, 0)) / s / lcuRules
	slices.SortStableFunc(out, func(a, b Dimension) int { return cmp.Compare(b.LCUs, a.LCUs) })
	return out
}
