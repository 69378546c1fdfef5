package journeys

import "testing"

func TestLoadRefusesBadReservations(t *testing.T) {
	const head = "    topology:\n"
	with := func(reservation string) string { return head + "      reservations: [" + reservation + "]\n" }
	refuses(t, map[string]struct{ old, with, want string }{
		"an unknown type": {head, with("{type: m5.lagre}"), `mine.yaml:8:29: unknown instance type "m5.lagre": did you mean "m5.large"?`},
		"none":            {head, with("{type: m5.large, count: 0}"), "mine.yaml:8:46: count must lie between 1 and 100: so many instances are reserved"},
		"five years":      {head, with("{type: m5.large, term: 5y}"), `mine.yaml:8:45: term "5y" is not one that AWS has: write 1y or 3y`},
		"a bargain":       {head, with("{type: m5.large, payment: never}"), `mine.yaml:8:48: payment "never" is not known: write "no upfront" or "all upfront"`},
		"twice":           {head, with("{type: m5.large}, {type: m5.large, term: 3y}"), `mine.yaml:8:47: the type "m5.large" is reserved twice: write one reservation with their count`},
	})
}
