package figure

import "testing"

func TestNumbersInBothLanguages(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{English.seconds(88.12), "88.1\u00a0s"},
		{French.seconds(88.12), "88,1\u00a0s"},
		{English.seconds(313), "313\u00a0s"},
		{English.seconds(0.5), "0.5\u00a0s"},
		{English.share(0.925), "92.5\u00a0%"},
		{French.share(0.925), "92,5\u202f%"},
		{English.share(1), "100\u00a0%"},
		{English.share(0), "0\u00a0%"},
		{English.share(0.99999), "99.999\u00a0%"},
		{English.share(0.000004), "0.0004\u00a0%"},
		{English.number(0.00123), "0.00123"},
		{English.number(9.999), "10"},
		{English.number(99.97), "100"},
		{English.number(-3.5), "−3.5"},
		{English.count(2580), "2580"},
		{English.count(1234567), "1\u202f234\u202f567"},
		{French.number(7.44), "7,44"},
		{French.dollars(12.1), "12,10\u00a0$"},
		{English.dollars(12.1), "$12.10"},
		{English.duration(90), "90\u00a0s"},
		{English.duration(1308), "21.8\u00a0min"},
		{French.duration(43200), "12\u00a0h"},
		{French.list([]string{"a", "b", "c"}), "a, b et c"},
		{plain(0.1 + 0.2), "0.3"},
		{plain((*float64)(nil)), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
