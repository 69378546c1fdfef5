package lab

import (
	"testing"

	"showdown"
	"showdown/targets/cloud/pricing"
)

// TestReservedBill: two reservations lower the bill by two times the discount while two
// run, and are paid for in full where nothing does.
func TestReservedBill(t *testing.T) {
	for _, tt := range []struct {
		name    string
		desired int
		r       showdown.Reservation
		cents   int // that the reservation changes of a month
	}{
		{"two of three, a year", 3, showdown.Reservation{Type: "m5.large", Count: 2, Term: "1y", Payment: "no upfront"}, -5183},
		{"two of three, three years", 3, showdown.Reservation{Type: "m5.large", Count: 2, Term: "3y", Payment: "no upfront"}, -7957},
		{"two of which one runs", 1, showdown.Reservation{Type: "m5.large", Count: 2, Term: "1y", Payment: "no upfront"}, 8833 - 7008},
	} {
		topology := scaled(tt.desired, "us-east-1a")
		before, err := Estimate(topology)
		if err != nil {
			t.Fatal(err)
		}
		topology.Reservations = []showdown.Reservation{tt.r}
		after, err := Estimate(topology)
		if err != nil {
			t.Fatal(err)
		}
		if got := cents(after.MonthUSD() - before.MonthUSD()); got != tt.cents {
			t.Errorf("%s: the bill changes by %d cents, want %d", tt.name, got, tt.cents)
		}
	}
}

// TestReservedRun: in the run a reservation costs its hours and saves those that it
// covers.
func TestReservedRun(t *testing.T) {
	ran := pricing.Trace{Length: 2 * showdown.Hour, Ran: []pricing.Interval{
		{Type: "m5.large", From: 0, To: 2 * showdown.Hour}, {Type: "m5.large", From: 0, To: showdown.Hour},
	}}
	r := showdown.Reservation{Type: "m5.large", Count: 2, Term: "1y", Payment: "no upfront"}
	b, err := reserve(pricing.Bill{}, []showdown.Reservation{r}, map[string]int{"m5.large": 2}, ran)
	if err != nil {
		t.Fatal(err)
	}
	// Two for two hours at 0.0605, less three covered hours at 0.096.
	if got, want := b.RunUSD(), 4*0.0605-3*0.096; got-want > 1e-6 || want-got > 1e-6 {
		t.Errorf("the run costs %.6f more, want %.6f", got, want)
	}
}
