package chaos

func allocateAddressExamples() []example {
	return []example{{
		do: "allocate-address", with: []string{"count", "6"},
		faked:    map[string]any{"code": "AddressLimitExceeded"},
		evidence: "4 of 6 given", // one is the lab's
		facts:    func(f, _ map[string]any) bool { return f["code"] == "AddressLimitExceeded" && f["allocated"] == 4 },
	}}
}
