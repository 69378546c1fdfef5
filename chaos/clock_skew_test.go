package chaos

func clockSkewExamples() []example {
	return []example{{
		do: "clock-skew", target: "web-2", with: []string{"by", "10m"},
		faked:    map[string]any{"skew_s": 600.003}, // written at the end of a request of 6 ms
		evidence: "it tells a time 10m0",
		facts: func(f, _ map[string]any) bool {
			s := f["skew_s"].(float64)
			return s > 599 && s < 601
		},
	}}
}
