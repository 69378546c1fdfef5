package chaos

func remapEIPExamples() []example {
	return []example{{
		do: "remap-eip", target: "web-2", with: []string{"to", "web-1"},
		faked:    map[string]any{"instance": "web-1", "answered_before": "web-2"},
		evidence: "by web-1",
		facts: func(f, _ map[string]any) bool {
			return f["answered_before"] == "web-2" && f["address"] == f["address_before"]
		},
	}}
}
