// Package pricing holds the AWS price list that labs are billed by, as data with its
// sources, and the bill: USD a month and USD a run, by item. Beside the price on demand
// it knows spot prices and Reserved Instances, and what those would have made of a run.
//
// Prices are us-east-1, USD. A month is [MonthHours] hours, a GB 10^9 bytes. Traffic to
// the internet is not billed yet.
package pricing

import (
	"fmt"
	"slices"

	"showdown"
)

// MonthHours is the hours of a month in AWS's price examples.
const MonthHours = 730.0

// Region is the AWS Region that the list is of.
const Region = "us-east-1"

// Price is one line of the price list.
type Price struct {
	// Name is what is paid for: "t2.micro", "public IPv4".
	Name string
	// USD is the price of one Unit: "hour", "month", "GiB-month", "vCPU-hour", "LCU-hour",
	// or what is counted, "million queries" and "GB".
	USD  float64
	Unit string
	// Source is where the price was read.
	Source string
}

// The names of the prices that are not instance types.
const (
	PublicIPv4 = "public IPv4"
	GP2        = "gp2"
	Surplus    = "surplus credits"
	// Route 53. An endpoint on AWS is checked at a lower price than another one, and a
	// fast interval costs its price on top.
	HostedZone       = "hosted zone"
	DNSQueries       = "DNS queries"
	HealthCheckAWS   = "health check, AWS endpoint"
	HealthCheckOther = "health check, other endpoint"
	FastCheckAWS     = "fast health check interval, AWS endpoint"
	FastCheckOther   = "fast health check interval, other endpoint"
	// Elastic Load Balancing. An Application Load Balancer pays for its capacity units on
	// top of its hours, a Classic Load Balancer for the bytes that it passes on.
	ApplicationBalancer = "application load balancer"
	BalancerCapacity    = "LCU"
	ClassicBalancer     = "classic load balancer"
	ClassicData         = "classic load balancer data"
	// CrossZone is a GB that one instance sends to another one in another Availability
	// Zone: it is paid for twice, as it leaves one zone and as it enters the other.
	// BalancerCrossZone is a GB between a load balancer's node and a target in another
	// zone, which is free.
	CrossZone         = "data between zones"
	BalancerCrossZone = "data between a load balancer and other zones"
	// Alarm is a CloudWatch alarm at standard resolution, such as the two of a target
	// tracking policy; FastAlarm is one that looks every 10 seconds.
	Alarm     = "CloudWatch alarm"
	FastAlarm = "CloudWatch alarm, high resolution"
)

// List is the price list, instance types first.
//
// Every public IPv4 address costs the same since February 2024, associated or not;
// before, an associated elastic IP and an auto-assigned address were free.
func List() []Price {
	const (
		leaner    = "ec2-instances-info price list (LeanerCloud), 2023-08-30"
		confirmed = leaner + ", confirmed by Infracost's price tests"
		infracost = "Infracost's price tests"
	)
	ec2 := func(name string, usd float64, source string) Price { return Price{name, usd, "hour", source} }
	return []Price{
		ec2("t2.nano", 0.0058, leaner),
		ec2("t2.micro", 0.0116, confirmed),
		ec2("t2.small", 0.023, leaner),
		ec2("t2.medium", 0.0464, leaner),
		ec2("t2.large", 0.0928, leaner),
		ec2("t3.micro", 0.0104, leaner),
		ec2("t3.small", 0.0208, leaner),
		ec2("t3.medium", 0.0416, leaner),
		ec2("t3.large", 0.0832, leaner),
		ec2("m4.large", 0.100, leaner),
		ec2("m5.large", 0.096, confirmed),
		ec2("m5.xlarge", 0.192, confirmed),
		ec2("m5.2xlarge", 0.384, leaner),
		ec2("m6i.large", 0.096, leaner),
		ec2("c5.large", 0.085, leaner),
		{PublicIPv4, 0.005, "hour", "Infracost's price tests (idle elastic IP); charged for every public IPv4 since February 2024, unverified"},
		{GP2, 0.10, "GiB-month", infracost},
		{Surplus, 0.05, "vCPU-hour", infracost + " (T3 unlimited, Linux)"},
		// The price of the first 25 zones and of the first billion queries a month. A
		// zone's month is not billed in part on AWS (Amazon Route 53 pricing); a run's
		// share of it is here, so that stages can be compared.
		{HostedZone, 0.50, "month", infracost + " (Route 53 zone)"},
		{DNSQueries, 0.40, "million queries", infracost + " (Route 53 record, standard queries)"},
		{HealthCheckAWS, 0.50, "month", infracost + " (Route 53 health check)"},
		{HealthCheckOther, 0.75, "month", infracost + " (Route 53 health check)"},
		{FastCheckAWS, 1.00, "month", infracost + " (Route 53 health check, optional feature)"},
		{FastCheckOther, 2.00, "month", infracost + " (Route 53 health check, optional feature)"},
		{ApplicationBalancer, 0.0225, "hour", infracost + " (lb)"},
		{BalancerCapacity, 0.008, "LCU-hour", infracost + " (lb)"},
		{ClassicBalancer, 0.025, "hour", infracost + " (elb)"},
		{ClassicData, 0.008, "GB", infracost + " (elb)"},
		{CrossZone, 2 * 0.01, "GB", infracost + " (data transfer): 0.01 in each direction"},
		{BalancerCrossZone, 0, "GB", "free between an Application Load Balancer and its targets, unverified; taken to be so for a Classic Load Balancer too"},
		{Alarm, 0.10, "month", infracost + " (CloudWatch alarm)"},
		{FastAlarm, 0.30, "month", infracost + " (CloudWatch alarm)"},
	}
}

// Of is the price of that name. It fails when the list does not have it.
func Of(name string) (Price, error) {
	list := List()
	if i := slices.IndexFunc(list, func(p Price) bool { return p.Name == name }); i >= 0 {
		return list[i], nil
	}
	return Price{}, fmt.Errorf("no price of %q in the list of %s", name, Region)
}

// Item is one line of a bill.
type Item struct {
	// Name is whose cost it is, with what it is: "web-1 t2.micro".
	Name string `json:"name"`
	// What is what is paid for, as in the price list.
	What string `json:"what"`
	// MonthUSD is what it costs in a month of [MonthHours] as things are now; RunUSD
	// is what the run itself has cost.
	MonthUSD float64 `json:"month_usd"`
	RunUSD   float64 `json:"run_usd"`
	// Source is where the price was read.
	Source string `json:"source"`
}

// Bill is what a lab costs, by item.
type Bill struct {
	Items []Item `json:"items"`
}

// MonthUSD is the sum of a month.
func (b Bill) MonthUSD() float64 {
	var sum float64
	for _, i := range b.Items {
		sum += i.MonthUSD
	}
	return sum
}

// RunUSD is the sum of the run.
func (b Bill) RunUSD() float64 {
	var sum float64
	for _, i := range b.Items {
		sum += i.RunUSD
	}
	return sum
}

// Line is one resource to be billed.
type Line struct {
	// Owner is whose it is: an instance's name, or an elastic IP's address.
	Owner string
	// What is a name of the price list; Label is how the item calls it, What when it
	// is empty.
	What, Label string
	// Units is how many are held now: 1 instance, 8 GiB. 0 is none any more, and costs
	// nothing in a month. Of what is counted it is how many a month has, as things are
	// now: 2.5 million queries.
	Units float64
	// Used is what the run has used.
	Used []Used
}

// Used is a stretch of use: Units of What for a length of AWS time. What is counted
// has no length: For is not looked at.
type Used struct {
	What  string
	Units float64
	For   showdown.Duration
}

// BillOf prices lines, in their order. It fails when the list lacks a price.
func BillOf(lines []Line) (Bill, error) {
	var b Bill
	for _, l := range lines {
		p, err := Of(l.What)
		if err != nil {
			return Bill{}, fmt.Errorf("bill of %s: %w", l.Owner, err)
		}
		label := l.Label
		if label == "" {
			label = l.What
		}
		item := Item{Name: l.Owner + " " + label, What: l.What, MonthUSD: l.Units * p.monthly(), Source: p.Source}
		for _, u := range l.Used {
			p, err := Of(u.What)
			if err != nil {
				return Bill{}, fmt.Errorf("bill of %s: %w", l.Owner, err)
			}
			if p.counted() {
				item.RunUSD += u.Units * p.USD
				continue
			}
			item.RunUSD += u.Units * p.monthly() / MonthHours * u.For.Seconds() / 3600
		}
		b.Items = append(b.Items, item)
	}
	return b, nil
}

// monthly is the price of one unit for a month, or of one that is counted.
func (p Price) monthly() float64 {
	switch p.Unit {
	case "hour", "vCPU-hour", "LCU-hour":
		return p.USD * MonthHours
	}
	return p.USD
}

// counted says that units are counted and do not last.
func (p Price) counted() bool { return p.Unit == "million queries" || p.Unit == "GB" }
