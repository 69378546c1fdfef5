package showdown

import (
	"cmp"
	"slices"
)

// CohortSizes is how many clients each cohort of t has, in the order of t.Cohorts:
// t.Clients divided by the shares, where the largest remainders get the clients
// that are left over. Without cohorts it is one group of all clients.
//
// Clients are numbered cohort after cohort, so that the sizes also say which
// client belongs to which cohort; [Traffic.CohortOf] does that.
func (t Traffic) CohortSizes() []int {
	if len(t.Cohorts) == 0 {
		return []int{t.Clients}
	}
	var total float64
	for _, c := range t.Cohorts {
		total += float64(c.Share)
	}
	sizes := make([]int, len(t.Cohorts))
	if total <= 0 {
		return sizes
	}
	rest := make([]float64, len(sizes))
	order := make([]int, len(sizes))
	left := t.Clients
	for i, c := range t.Cohorts {
		exact := float64(t.Clients) * float64(c.Share) / total
		// A share such as 0.29 of 100 is 28.999... in floating point.
		sizes[i] = int(exact + 1e-9)
		rest[i] = exact - float64(sizes[i])
		left -= sizes[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for i := 0; left > 0; i, left = i+1, left-1 {
		sizes[order[i%len(order)]]++
	}
	return sizes
}

// CohortOf is the index in t.Cohorts of the client with that number, and 0 when
// there are no cohorts. It is -1 for a number outside 0 to t.Clients-1.
func (t Traffic) CohortOf(client uint32) int {
	first := 0
	for i, size := range t.CohortSizes() {
		first += size
		if int(client) < first {
			return i
		}
	}
	return -1
}
