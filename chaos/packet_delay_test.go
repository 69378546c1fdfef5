package chaos

func packetDelayExamples() []example {
	return []example{{
		do: "packet-delay", target: "web-1", with: []string{"latency", "40ms"},
		faked: map[string]any{
			"open_round_trip_before_ms": 1.0, "open_round_trip_ms": 81.0,
			"round_trip_before_ms": 1.0, "round_trip_ms": 161.0,
		},
		evidence: "open connection: answered 200 in",
		facts: func(f, _ map[string]any) bool {
			return f["open_round_trip_ms"].(float64) >= 80 && f["round_trip_ms"].(float64) >= 160
		},
	}}
}
