package chaos

func dnsFailExamples() []example {
	return []example{{
		do: "dns-fail", with: []string{"mode", "nxdomain"}, evidence: "4 of 4 name servers say no such name",
	}, {
		do: "dns-fail", with: []string{"mode", "servfail"}, evidence: "4 of 4 name servers say server failure",
	}, {
		do: "dns-fail", with: []string{"mode", "silent"}, evidence: "4 of 4 name servers say no answer",
	}, {
		do: "dns-fail", with: []string{"mode", "slow"}, evidence: "4 of 4 name servers say 127.",
		facts: func(f, _ map[string]any) bool {
			return f["answer_ms"].(float64) >= 100 && f["answer_before_ms"].(float64) < 80
		},
	}}
}
