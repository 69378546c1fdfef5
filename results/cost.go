package results

// Cost is what a cell would cost on AWS, in US dollars.
type Cost struct {
	// MonthUSD is for a month of 730 hours, RunUSD for the run's AWS time.
	MonthUSD float64    `json:"month_usd"`
	RunUSD   float64    `json:"run_usd,omitempty"`
	Items    []CostItem `json:"items"`
	// Use is what the traffic used; nil where it was not followed.
	Use *Use `json:"use,omitempty"`
	// Reserved is what reservations would have made of the traffic's bill, by instance
	// type. Absent where the traffic is shorter than a clock-hour.
	Reserved []Reserved `json:"reserved,omitempty"`
}

// Use is what the instances of a cell used over its traffic.
type Use struct {
	// Hours is the length of the traffic in AWS hours.
	Hours float64 `json:"hours"`
	// USD is what the traffic itself cost: less than the bill's RunUSD, which begins when
	// the lab comes up.
	USD float64 `json:"usd"`
	// InstanceHours and VCPUHours are those of the instances that ran.
	InstanceHours float64 `json:"instance_hours"`
	VCPUHours     float64 `json:"vcpu_hours"`
	// Requests is how many requests of the record they could have answered, all of them
	// busy at full speed for all of the time.
	Requests float64 `json:"requests"`
	// Sustained is the requests/s that they hold for ever, on average: of a burstable
	// type what its baseline leaves without credits.
	Sustained float64 `json:"sustained"`
}

// Reserved is what reserving instances of a type would have made of the bill.
type Reserved struct {
	Type string `json:"type"`
	// Hours is the length of the trace in AWS hours, InstanceHours what ran in it.
	Hours         float64 `json:"hours"`
	InstanceHours float64 `json:"instance_hours"`
	// HourUSD is the price of an hour on demand.
	HourUSD float64 `json:"hour_usd"`
	Source  string  `json:"source"`
	// Slots is the share of the time for which each reservation is used, the first one
	// first.
	Slots []float64      `json:"slots"`
	Terms []ReservedTerm `json:"terms"`
}

// ReservedTerm is the cost by the number of reservations of one offer.
type ReservedTerm struct {
	// Term is "1y", "3y" or "1y all upfront"; without a payment it is no upfront.
	Term string `json:"term"`
	// HourUSD is the effective price of a reserved hour.
	HourUSD float64 `json:"hour_usd"`
	// BreakEven is the share of the time that a reservation must be used to be worth it.
	BreakEven float64 `json:"break_even"`
	// MonthUSD is the price of the type's instances in a month that goes on like the
	// trace, by the number of reservations from 0 on.
	MonthUSD []float64 `json:"month_usd"`
	// Optimum is the number of reservations with the lowest price.
	Optimum int    `json:"optimum"`
	Source  string `json:"source"`
}

// CostItem is one line of a bill.
type CostItem struct {
	Name     string  `json:"name"`
	What     string  `json:"what,omitempty"`
	MonthUSD float64 `json:"month_usd"`
	RunUSD   float64 `json:"run_usd,omitempty"`
	// Source is where the price is published.
	Source string `json:"source,omitempty"`
}
