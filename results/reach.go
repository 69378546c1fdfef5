package results

// MetAnswered is the [Reach.Met] of a connection that was answered.
const MetAnswered = "answered"

// Reach is one cell of the connection matrix, found by connecting.
type Reach struct {
	// From is "internet", a security group, of which one member looked, or an instance.
	// To is an instance.
	From string `json:"from"`
	To   string `json:"to"`
	// Met is "answered", "refused", "silent" or "unreachable".
	Met string `json:"met"`
	// Allowed is what the security groups say.
	Allowed bool `json:"allowed"`
	// Fidelity says how the instance keeps out who is not let in.
	Fidelity string `json:"fidelity,omitempty"`
	// AtS is when it was looked at, negative before the traffic.
	AtS float64 `json:"at_s"`
}
