package pricing

import (
	"fmt"
	"math"

	"showdown"
)

// Trace is which instances ran over a length of AWS time. It begins with a clock-hour;
// where it ends inside one, that hour counts for the part that the trace has, with its
// share of the reservations' price and of what they cover.
type Trace struct {
	Length showdown.Duration
	// Ran are the times for which instances ran. What lies outside of the trace does not
	// count.
	Ran []Interval
}

// Interval is an instance that ran from a moment of a trace to another.
type Interval struct {
	Type     string
	From, To showdown.Duration
}

// Hours is the length of the trace in hours.
func (t Trace) Hours() float64 { return t.Length.Seconds() / 3600 }

// clockHour is the part of a clock-hour that a trace has.
type clockHour struct{ from, to showdown.Duration }

func (h clockHour) seconds() float64 { return (h.to - h.from).Seconds() }

func (t Trace) clockHours() []clockHour {
	var out []clockHour
	for from := showdown.Duration(0); from < t.Length; from += showdown.Hour {
		out = append(out, clockHour{from, min(from+showdown.Hour, t.Length)})
	}
	return out
}

// ran is the instance-seconds of each type in a clock-hour.
func (t Trace) ran(h clockHour) map[string]float64 {
	out := map[string]float64{}
	for _, i := range t.Ran {
		if d := min(i.To, h.to) - max(i.From, h.from); d > 0 {
			out[i.Type] += d.Seconds()
		}
	}
	return out
}

// Most is the most instances of a type that ran at the same time.
func (t Trace) Most(name string) int {
	most := 0
	for _, i := range t.Ran {
		if i.Type != name || i.From >= i.To {
			continue
		}
		// The number is highest at the start of one of them.
		n := 0
		for _, o := range t.Ran {
			if o.Type == name && o.From <= i.From && i.From < o.To {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// HourCost is what a clock-hour of a trace costs.
type HourCost struct {
	// Seconds are the instance-seconds that ran, Covered those of them that a
	// reservation covered.
	Seconds, Covered float64
	// ReservedUSD is the reservations' price, whether something ran or not, OnDemandUSD
	// that of the seconds which they did not cover.
	ReservedUSD, OnDemandUSD float64
}

// USD is the price of the hour.
func (h HourCost) USD() float64 { return h.ReservedUSD + h.OnDemandUSD }

// CostByHour is what a trace costs with reservations, by clock-hour. A Reserved Instance
// is paid for every hour of its term and covers up to 3,600 instance-seconds of its type
// in each clock-hour, shared among the instances that run; the excess is charged on
// demand (EC2 User Guide, How Reserved Instances are applied). It fails when the price
// list lacks a price.
func CostByHour(t Trace, reservations []Reservation) ([]HourCost, error) {
	price, reserved, count := 0.0, map[string]float64{}, map[string]int{}
	for _, r := range reservations {
		if r.Count < 0 {
			return nil, fmt.Errorf("reserve %s: %d instances", r.Type, r.Count)
		}
		offer, err := OfferOf(r.Type, r.Term, r.Payment)
		if err != nil {
			return nil, err
		}
		reserved[r.Type] += float64(r.Count) * offer.HourUSD
		count[r.Type] += r.Count
	}
	for _, usd := range reserved {
		price += usd
	}
	hours := t.clockHours()
	out := make([]HourCost, len(hours))
	for i, h := range hours {
		out[i].ReservedUSD = price * h.seconds() / 3600
		for name, seconds := range t.ran(h) {
			onDemand, err := Of(name)
			if err != nil {
				return nil, err
			}
			covered := min(seconds, float64(count[name])*h.seconds())
			out[i].Seconds += seconds
			out[i].Covered += covered
			out[i].OnDemandUSD += (seconds - covered) * onDemand.USD / 3600
		}
	}
	return out, nil
}

// Comparison is what reservations of a type make of a trace's cost.
type Comparison struct {
	Type string
	// Hours is the length of the trace, InstanceHours what ran of the type in it.
	Hours, InstanceHours float64
	OnDemand             Price
	// Slots is the share of the time for which each reservation is used: that of the rth
	// one is Slots[r-1]. It never grows with r.
	Slots []float64
	Terms []TermCost
}

// TermCost is what 0, 1, 2 ... reservations of one offer cost.
type TermCost struct {
	Offer Offer
	// BreakEven is the share of the time from which on a reservation is worth its price.
	BreakEven float64
	// USD is the price of the type's instances over the trace, by the number of
	// reservations: on demand alone at 0.
	USD []float64
	// Optimum is the number of reservations with the lowest price: the last one whose
	// slot is used for longer than the break-even.
	Optimum int
}

// Month is a price over the trace as that of a month in which it goes on like this.
func (c Comparison) Month(usd float64) float64 {
	if c.Hours <= 0 {
		return 0
	}
	return usd / c.Hours * MonthHours
}

// Sweep is the cost of a trace's instances of one type with 0 to most reservations, by
// each offer that the list has of the type. It fails when the list has no price of it.
func Sweep(t Trace, name string, most int) (Comparison, error) {
	onDemand, err := Of(name)
	if err != nil {
		return Comparison{}, err
	}
	own := Trace{Length: t.Length}
	for _, i := range t.Ran {
		if i.Type == name {
			own.Ran = append(own.Ran, i)
		}
	}
	out := Comparison{Type: name, Hours: t.Hours(), OnDemand: onDemand, Slots: make([]float64, most)}
	for _, h := range own.clockHours() {
		seconds := own.ran(h)[name]
		out.InstanceHours += seconds / 3600
		for r := range out.Slots {
			out.Slots[r] += min(max(seconds-float64(r)*h.seconds(), 0), h.seconds())
		}
	}
	for r := range out.Slots {
		out.Slots[r] /= max(t.Length.Seconds(), 1)
	}
	for _, offer := range offersOf(name) {
		term := TermCost{Offer: offer, BreakEven: offer.HourUSD / onDemand.USD, USD: make([]float64, most+1)}
		for r := range term.USD {
			hours, err := CostByHour(own, []Reservation{{name, offer.Term, offer.Payment, r}})
			if err != nil {
				return Comparison{}, err
			}
			for _, h := range hours {
				term.USD[r] += h.USD()
			}
			// What differs by the noise of additions alone is the same price.
			if best := term.USD[term.Optimum]; term.USD[r] < best && best-term.USD[r] > 1e-9*math.Abs(best) {
				term.Optimum = r
			}
		}
		out.Terms = append(out.Terms, term)
	}
	return out, nil
}
