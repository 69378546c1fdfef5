package pricing

import (
	"fmt"
	"slices"
	"strings"
)

// Term is how long a Reserved Instance is bought for.
type Term string

// The terms.
const (
	OneYear    Term = "1y"
	ThreeYears Term = "3y"
)

// Payment is when a Reserved Instance is paid.
type Payment string

// The payment options. There is a third one, partial upfront, of which no price list at
// hand has both parts.
const (
	NoUpfront  Payment = "no upfront"
	AllUpfront Payment = "all upfront"
)

// Offer is the price of a standard Reserved Instance.
type Offer struct {
	Type    string
	Term    Term
	Payment Payment
	// HourUSD is the effective price of an hour: what is paid over the term divided by
	// its hours.
	HourUSD float64
	// Source is where the price was read.
	Source string
}

// Name is the term, with the payment where it is not the usual one: "1y",
// "1y all upfront".
func (o Offer) Name() string {
	if o.Payment == NoUpfront {
		return string(o.Term)
	}
	return string(o.Term) + " " + string(o.Payment)
}

// Reservation is a number of Reserved Instances of one type. A regional one, as here, is
// a discount on the bill and holds no capacity (EC2 User Guide, Reserved Instance
// scope). It covers running instances of its own type; on AWS it would cover others of
// the family in proportion to their size.
type Reservation struct {
	Type    string
	Term    Term
	Payment Payment
	Count   int
}

// Offers is the price list of Reserved Instances.
func Offers() []Offer {
	const (
		leaner     = "ec2-instances-info price list (LeanerCloud), 2023-08-30: 1 year standard, all upfront, effective"
		infracost  = "Infracost's price tests (instance), a month of 730 hours divided by them"
		unverified = "unverified; the ratio to on demand is that of t3.medium"
		calculated = "calculated: a quarter of t3.medium's"
	)
	var out []Offer
	upfront := func(name string, usd float64) {
		out = append(out, Offer{name, OneYear, AllUpfront, usd, leaner})
	}
	monthly := func(name string, one, three float64, source string) {
		out = append(out, Offer{name, OneYear, NoUpfront, one, source}, Offer{name, ThreeYears, NoUpfront, three, source})
	}
	monthly("t2.micro", 0.0072, 0.0050, unverified)
	monthly("t3.micro", 0.0065, 0.0045, calculated)
	monthly("t3.medium", 19.05/MonthHours, 13.14/MonthHours, infracost)
	monthly("m5.large", 0.0605, 0.0415, unverified)
	upfront("t2.nano", 0.003311)
	upfront("t2.micro", 0.006735)
	upfront("t2.small", 0.01347)
	upfront("t2.medium", 0.026826)
	upfront("t2.large", 0.053653)
	upfront("t3.micro", 0.00605)
	upfront("t3.small", 0.012215)
	upfront("t3.medium", 0.024315)
	upfront("t3.large", 0.04863)
	upfront("m4.large", 0.057877)
	upfront("m5.large", 0.056393)
	upfront("m5.xlarge", 0.1129)
	upfront("m5.2xlarge", 0.225799)
	upfront("m6i.large", 0.059247)
	upfront("c5.large", 0.05)
	return out
}

// OfferOf is the price of a Reserved Instance. It fails when the list does not have it.
func OfferOf(name string, term Term, payment Payment) (Offer, error) {
	for _, o := range Offers() {
		if o.Type == name && o.Term == term && o.Payment == payment {
			return o, nil
		}
	}
	return Offer{}, fmt.Errorf("no price of a reserved %s, %s %s, in the list of %s", name, term, payment, Region)
}

// Spot is a sample of a type's spot price, which moves with the zone and the hour. It
// fails when the list does not have it.
func Spot(name string) (Price, error) {
	const source = "ec2-instances-info price list (LeanerCloud), 2023-08-30: one sample"
	for _, p := range []Price{
		{"t2.micro", 0.0041, "hour", source},
		{"t2.small", 0.0156, "hour", source},
		{"t2.medium", 0.0314, "hour", source},
		{"t2.large", 0.0627, "hour", source},
		{"t3.micro", 0.0076, "hour", source},
		{"t3.small", 0.0152, "hour", source},
		{"t3.medium", 0.0143, "hour", source},
		{"t3.large", 0.0519, "hour", source},
		{"m4.large", 0.0575, "hour", source},
		{"m5.large", 0.0537, "hour", source},
		{"m5.xlarge", 0.0792, "hour", source},
		{"m5.2xlarge", 0.1603, "hour", source},
		{"m6i.large", 0.0537, "hour", source},
		{"c5.large", 0.0417, "hour", source},
	} {
		if p.Name == name {
			return p, nil
		}
	}
	return Price{}, fmt.Errorf("no spot price of %q in the list of %s", name, Region)
}

// Unverified says that a source does not vouch for its price.
func Unverified(source string) bool { return strings.Contains(source, "unverified") }

// offersOf is the offers of a type, in the order of the list.
func offersOf(name string) []Offer {
	return slices.DeleteFunc(Offers(), func(o Offer) bool { return o.Type != name })
}
