package chaos

func removeInstanceExamples() []example {
	return []example{{
		do: "remove-instance", target: "web-2", lasts: 2 * minute,
		faked:    map[string]any{"leaves": "unreachable"},
		evidence: "DescribeInstances says terminated of web-2; at 127.",
		facts: func(f, undone map[string]any) bool {
			// Its elastic IP comes back to the instance that takes its place.
			return f["leaves"] == "unreachable" && undone["address_after"] == f["address_before"]
		},
	}, {
		do: "remove-instance", target: "web-1", with: []string{"leaves", "refusal"}, lasts: 2 * minute,
		faked:    map[string]any{"leaves": "refused"},
		evidence: "connection refused",
		facts: func(f, undone map[string]any) bool {
			return f["leaves"] == "refused" && undone["address_after"] != f["address_before"]
		},
	}}
}
