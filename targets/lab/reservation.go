package lab

import (
	"fmt"

	"showdown"
	"showdown/targets/cloud/pricing"
)

// reserve adds to a bill what reservations change of it: their price less that of the
// instances on demand which they cover. now is how many instances run of a type, and ran
// what did over the run.
func reserve(b pricing.Bill, reservations []showdown.Reservation, now map[string]int, ran pricing.Trace) (pricing.Bill, error) {
	for _, r := range reservations {
		offer, err := pricing.OfferOf(r.Type, pricing.Term(r.Term), pricing.Payment(r.Payment))
		if err != nil {
			return b, err
		}
		onDemand, err := pricing.Of(r.Type)
		if err != nil {
			return b, err
		}
		reserved := pricing.Reservation{Type: r.Type, Term: offer.Term, Payment: offer.Payment, Count: r.Count}
		hours, err := pricing.CostByHour(ran, []pricing.Reservation{reserved})
		if err != nil {
			return b, err
		}
		covered := min(r.Count, now[r.Type])
		now[r.Type] -= covered
		item := pricing.Item{
			Name:     fmt.Sprintf("%d reserved %s, %s, less their price on demand", r.Count, r.Type, offer.Name()),
			What:     "reserved " + r.Type,
			MonthUSD: pricing.MonthHours * (float64(r.Count)*offer.HourUSD - float64(covered)*onDemand.USD),
			Source:   offer.Source,
		}
		for _, h := range hours {
			item.RunUSD += h.ReservedUSD - h.Covered/3600*onDemand.USD
		}
		b.Items = append(b.Items, item)
	}
	return b, nil
}
